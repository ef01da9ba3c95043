// Responses of Flow's materialization protocol. Its JSON comes from protobuf, which leaves out zero, false and empty values.
import { isJsonObject, type JsonObject } from '@sluice/connector-specs'
import { z } from 'zod'

const object = z.custom<JsonObject>(isJsonObject, 'must be an object')

/** By their numbers, which some connectors write instead. */
const CONSTRAINTS = [
  'INVALID',
  'FIELD_REQUIRED',
  'LOCATION_REQUIRED',
  'LOCATION_RECOMMENDED',
  'FIELD_OPTIONAL',
  'FIELD_FORBIDDEN',
  'INCOMPATIBLE',
  'UNSATISFIABLE',
] as const

export type ConstraintType = (typeof CONSTRAINTS)[number]

const constraintType = z
  .union([z.enum(CONSTRAINTS), z.number().transform((number) => CONSTRAINTS[number] ?? 'INVALID')])
  .default('INVALID')

const constraint = z.object({
  type: constraintType,
  reason: z.string().default(''),
  foldedField: z.string().default(''),
})

export type Constraint = z.infer<typeof constraint>

export const validated = z.object({
  bindings: z
    .array(
      z.object({
        resourcePath: z.array(z.string()).min(1),
        constraints: z.record(z.string(), constraint).default({}),
        deltaUpdates: z.boolean().default(false),
        serPolicy: object.nullish(),
      }),
    )
    .default([]),
})

const state = z.object({ updated: object.default({}), mergePatch: z.boolean().default(false) }).nullish()

export const applied = z.object({ actionDescription: z.string().default(''), state })

export const opened = z.object({ runtimeCheckpoint: object.nullish() })

export const loaded = z.object({ binding: z.number().int().nonnegative().default(0), doc: object })

/** `flushed`, `startedCommit` and `acknowledged`. */
export const stateUpdate = z.object({ state })
