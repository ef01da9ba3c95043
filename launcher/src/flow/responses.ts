// Responses of Flow's capture protocol. Its JSON comes from protobuf, which leaves out zero, false and empty values.
import { isJsonObject, type JsonObject } from '@sluice/connector-specs'
import { z } from 'zod'

const object = z.custom<JsonObject>(isJsonObject, 'must be an object')

export const discovered = z.object({
  bindings: z
    .array(
      z.object({
        recommendedName: z.string(),
        resourceConfig: object,
        documentSchema: object,
        key: z.array(z.string()).default([]),
        disable: z.boolean().default(false),
        resourcePath: z.array(z.string()).default([]),
      }),
    )
    .default([]),
})

export const validated = z.object({
  bindings: z.array(z.object({ resourcePath: z.array(z.string()).min(1) })).default([]),
})

export const applied = z.object({ actionDescription: z.string().default('') })

export const opened = z.object({ explicitAcknowledgements: z.boolean().default(false) })

export const captured = z.object({ binding: z.number().int().nonnegative().default(0), doc: object })

export const sourcedSchema = z
  .object({
    binding: z.number().int().nonnegative().default(0),
    schemaJson: object.optional(),
    schema_json: object.optional(),
    schema: object.optional(),
  })
  .transform(({ binding, schemaJson, schema_json, schema }) => ({
    binding,
    schema: schemaJson ?? schema_json ?? schema ?? {},
  }))

export const checkpoint = z.object({
  state: z.object({ updated: object.default({}), mergePatch: z.boolean().default(false) }).nullish(),
})

/** The body of the response called `key`, or what is wrong, to follow the connector's name. */
export function readResponse<T>(
  message: JsonObject,
  key: string,
  schema: z.ZodType<T>,
): { body: T } | { fault: string } {
  const body = message[key]
  if (body === undefined) return { fault: `answered "${Object.keys(message)[0] ?? ''}" where "${key}" was due` }
  const parsed = schema.safeParse(body)
  if (parsed.success) return { body: parsed.data }
  const issue = parsed.error.issues[0]
  return { fault: `gave a "${key}" that breaks the protocol: ${issue?.path.join('.') || key}: ${issue?.message}` }
}
