import { z } from '@hono/zod-openapi'
import type { Selectable } from 'kysely'
import { jsonObjectSchema } from '../connectors/connector-record.ts'
import { type RunTable, runOperations, runStatuses } from '../database/schema.ts'
import { notFound } from '../http/problem.ts'
import type { KeyRing } from '../sealing/key-ring.ts'
import type { Services } from '../services.ts'
import { type RunOutcome, runOutcomeSchema, runVerdicts, stepOperations } from './run-outcome.ts'

export { runOperations }

export const runSchema = z
  .object({
    id: z.uuid(),
    connection_id: z.uuid(),
    target_connection_id: z.uuid().nullable(),
    operation: z.enum(runOperations),
    status: z.enum(runStatuses),
    attempt: z.int().openapi({ description: 'How often it was taken up; 0 while it waits for the first time.' }),
    max_attempts: z.int(),
    retry_at: z.iso.datetime().nullable().openapi({ description: 'When the next attempt is due after a failed one.' }),
    cancel_requested: z.boolean(),
    steps: z
      .array(
        z.object({
          operation: z.enum(stepOperations),
          status: z.enum(['running', 'succeeded', 'failed']),
          duration_ms: z.number().int().nullable(),
          result: jsonObjectSchema.nullable(),
        }),
      )
      .openapi({ description: 'Of the last attempt.' }),
    documents: z
      .array(z.object({ collection: z.string(), document: jsonObjectSchema }))
      .openapi({ description: 'The first documents that the connector read, as of its last checkpoint.' }),
    document_count: z.number().int(),
    document_bytes: z.int().nullable().openapi({
      description: 'Length of the documents’ file as of the last checkpoint; null without one.',
    }),
    logs: z.array(z.object({ level: z.string(), message: z.string(), at: z.iso.datetime() })).openapi({
      description: 'The first 500, redacted. The events of the run tell more of them.',
    }),
    rotations: z
      .array(
        z.object({
          connection_id: z.string(),
          outcome: z.enum(['adopted', 'conflict', 'failed']),
          message: z.string(),
          at: z.iso.datetime(),
        }),
      )
      .openapi({ description: 'What became of tokens that the connector rotated by itself.' }),
    error: z
      .object({
        code: z.string(),
        message: z.string(),
        verdict: z.enum(runVerdicts).openapi({ description: 'Only after `transient` it is tried again by itself.' }),
        next_action: z.string(),
        stderr: z.string().openapi({ description: 'The end of what the connector said, with secrets redacted.' }),
      })
      .nullable()
      .openapi({ description: 'Of the last attempt that failed.' }),
    created_at: z.iso.datetime(),
    started_at: z.iso.datetime().nullable(),
    finished_at: z.iso.datetime().nullable(),
  })
  .openapi('Run')

export const runSummarySchema = runSchema
  .omit({ steps: true, documents: true, logs: true, rotations: true, error: true })
  .extend({ error_code: z.string().nullable() })
  .openapi('RunSummary')

export type RunRow = Selectable<RunTable>

/** @throws Problem 404, the same whether it is missing or another tenant's */
export async function findRun({ db }: Services, tenantId: string, id: string): Promise<RunRow> {
  const row = await db
    .selectFrom('runs')
    .selectAll()
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .executeTakeFirst()
  if (row === undefined) throw notFound('run', id)
  return row
}

export const isOver = ({ status }: Pick<RunRow, 'status'>): boolean => status !== 'queued' && status !== 'running'

export function sealOutcome(keys: KeyRing, run: { id: string; tenant_id: string }, outcome: RunOutcome) {
  return keys.seal(placeOf(run), outcome)
}

export async function openOutcome(keys: KeyRing, row: RunRow): Promise<RunOutcome> {
  return runOutcomeSchema.parse(await keys.open(placeOf(row), row.outcome_sealed))
}

export async function presentRun({ keys }: Services, row: RunRow): Promise<z.infer<typeof runSchema>> {
  const { steps, documents, logs, rotations, error } = await openOutcome(keys, row)
  const { error_code: _, ...summary } = presentRunSummary(row)
  return { ...summary, steps, documents, logs, rotations, error }
}

/** What a list shows: nothing of the outcome is opened for it. */
export function presentRunSummary(row: RunRow): z.infer<typeof runSummarySchema> {
  return {
    id: row.id,
    connection_id: row.connection_id,
    target_connection_id: row.target_connection_id,
    operation: row.operation,
    status: row.status,
    attempt: row.attempt,
    max_attempts: row.max_attempts,
    retry_at: row.status === 'queued' && row.attempt > 0 ? row.due_at.toISOString() : null,
    cancel_requested: row.cancel_requested_at !== null,
    document_count: row.document_count,
    document_bytes: row.document_bytes === null ? null : Number(row.document_bytes),
    error_code: row.error_code,
    created_at: row.created_at.toISOString(),
    started_at: row.started_at?.toISOString() ?? null,
    finished_at: row.finished_at?.toISOString() ?? null,
  }
}

function placeOf(run: { id: string; tenant_id: string }) {
  return { tenant_id: run.tenant_id, table: 'runs', column: 'outcome', row: run.id }
}
