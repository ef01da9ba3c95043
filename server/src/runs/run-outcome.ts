// What a run yields. It is a customer's data, so it is stored sealed.
import { z } from 'zod'

export const stepOperations = ['spec', 'check', 'discover', 'validate', 'capture', 'write'] as const

export const stepSchema = z.object({
  operation: z.enum(stepOperations),
  status: z.enum(['running', 'succeeded', 'failed']),
  duration_ms: z.number().int().nullable(),
  result: z.record(z.string(), z.json()).nullable(),
})

/** `disabled`: a connection rests by the tenant's own word. */
export const runVerdicts = ['transient', 'reauthorize', 'integration_broken', 'connector_broken', 'disabled'] as const

export const runErrorSchema = z.object({
  code: z.string(),
  message: z.string(),
  verdict: z.enum(runVerdicts),
  next_action: z.string(),
  stderr: z.string(),
})

/** What became of tokens that the connector rotated by itself. */
export const rotationSchema = z.object({
  connection_id: z.string(),
  outcome: z.enum(['adopted', 'conflict', 'failed']),
  message: z.string(),
  at: z.iso.datetime(),
})

export const runOutcomeSchema = z.object({
  steps: z.array(stepSchema),
  documents: z.array(z.object({ collection: z.string(), document: z.record(z.string(), z.json()) })),
  document_count: z.number().int(),
  logs: z.array(z.object({ level: z.string(), message: z.string(), at: z.iso.datetime() })),
  rotations: z.array(rotationSchema).default([]),
  error: runErrorSchema.nullable(),
})

export type RunStep = z.infer<typeof stepSchema>
export type StepOperation = RunStep['operation']
export type RunError = z.infer<typeof runErrorSchema>
export type RunRotation = z.infer<typeof rotationSchema>
export type RunOutcome = z.infer<typeof runOutcomeSchema>

export function emptyOutcome(): RunOutcome {
  return { steps: [], documents: [], document_count: 0, logs: [], rotations: [], error: null }
}
