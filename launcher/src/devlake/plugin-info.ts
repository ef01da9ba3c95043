// What a plugin says of itself (apache/incubator-devlake, backend/python/pydevlake).

import { z } from 'zod'
import { jsonObjectSchema } from '../json-object-schema.ts'

const model = z.looseObject({ json_schema: jsonObjectSchema, table_name: z.string().nullish() })

const subtask = z.looseObject({
  name: z.string(),
  /** `collect`, `extract` or `convert`. */
  entry_point_name: z.string(),
  /** The stream's name. */
  arguments: z.array(z.string()).default([]),
})

export const pluginInfo = z.looseObject({
  name: z.string(),
  description: z.string().nullish(),
  connection_model_info: model,
  scope_model_info: model,
  scope_config_model_info: model.nullish(),
  subtask_metas: z.array(subtask).default([]),
})

export type PluginInfo = z.infer<typeof pluginInfo>

export const connectionTest = z.looseObject({
  success: z.boolean(),
  message: z.string().nullish(),
  status: z.number().nullish(),
})

export const remoteScope = z.looseObject({
  id: z.string(),
  name: z.string().nullish(),
  type: z.enum(['group', 'scope']),
  parentId: z.string().nullish(),
  data: jsonObjectSchema.nullish(),
})

export const pipeline = z.looseObject({
  plan: z.array(
    z.array(
      z.looseObject({
        plugin: z.string().nullish(),
        subtasks: z.array(z.string()).nullish(),
        options: jsonObjectSchema.nullish(),
      }),
    ),
  ),
})

export const progress = z.looseObject({ increment: z.number().default(0), current: z.number().default(0) })
