import { z } from '@hono/zod-openapi'
import type { Selectable } from 'kysely'
import { jsonObjectSchema } from '../connectors/connector-record.ts'
import type { RunTable } from '../database/schema.ts'
import { notFound } from '../http/problem.ts'
import type { KeyRing } from '../sealing/key-ring.ts'
import type { Services } from '../services.ts'
import { type RunOutcome, runOutcomeSchema } from './run-outcome.ts'

/** How long a run may go without a sign of life from its worker. */
export const RUN_LEASE_SECONDS = 30

export const runOperations = ['spec', 'discover', 'validate', 'capture', 'preview'] as const

export const runSchema = z
  .object({
    id: z.uuid(),
    connection_id: z.uuid(),
    operation: z.enum(runOperations),
    status: z.enum(['running', 'succeeded', 'failed']),
    steps: z.array(
      z.object({
        operation: z.enum(['spec', 'discover', 'validate', 'capture']),
        status: z.enum(['running', 'succeeded', 'failed']),
        duration_ms: z.number().int().nullable(),
        result: jsonObjectSchema.nullable(),
      }),
    ),
    documents: z
      .array(z.object({ collection: z.string(), document: jsonObjectSchema }))
      .openapi({ description: 'The first documents that the connector read, as of its last checkpoint.' }),
    document_count: z.number().int(),
    logs: z.array(z.object({ level: z.string(), message: z.string(), at: z.iso.datetime() })),
    error: z
      .object({
        code: z.string(),
        message: z.string(),
        verdict: z.enum(['transient', 'reauthorize', 'integration_broken', 'connector_broken']),
        next_action: z.string(),
        stderr: z.string().openapi({ description: 'The end of what the connector said, with secrets redacted.' }),
      })
      .nullable(),
    created_at: z.iso.datetime(),
    finished_at: z.iso.datetime().nullable(),
  })
  .openapi('Run')

export const runSummarySchema = runSchema
  .pick({ id: true, connection_id: true, operation: true, status: true, document_count: true })
  .extend({
    error_code: z.string().nullable(),
    created_at: z.iso.datetime(),
    finished_at: z.iso.datetime().nullable(),
  })
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

export function sealOutcome(keys: KeyRing, run: { id: string; tenant_id: string }, outcome: RunOutcome) {
  return keys.seal(placeOf(run), outcome)
}

export async function presentRun({ keys, now }: Services, row: RunRow): Promise<z.infer<typeof runSchema>> {
  const outcome = runOutcomeSchema.parse(await keys.open(placeOf(row), row.outcome_sealed))
  const { error_code: _, ...summary } = presentRunSummary(row, now())
  return {
    ...summary,
    steps: outcome.steps,
    documents: outcome.documents,
    document_count: outcome.document_count,
    logs: outcome.logs,
    error: isAbandoned(row, now()) ? workerLost : outcome.error,
  }
}

/** What a list shows: nothing of the outcome is opened for it. */
export function presentRunSummary(row: RunRow, now: Date): z.infer<typeof runSummarySchema> {
  const abandoned = isAbandoned(row, now)
  return {
    id: row.id,
    connection_id: row.connection_id,
    operation: row.operation,
    status: abandoned ? 'failed' : row.status,
    document_count: row.document_count,
    error_code: abandoned ? workerLost.code : row.error_code,
    created_at: row.created_at.toISOString(),
    finished_at: (abandoned ? row.lease_until : row.finished_at)?.toISOString() ?? null,
  }
}

function isAbandoned(row: RunRow, now: Date): boolean {
  return row.status === 'running' && row.lease_until < now
}

const workerLost = {
  code: 'worker_lost',
  message: 'The server that ran it stopped before it ended.',
  verdict: 'transient',
  next_action: 'Start the run again.',
  stderr: '',
} as const

function placeOf(run: { id: string; tenant_id: string }) {
  return { tenant_id: run.tenant_id, table: 'runs', column: 'outcome', row: run.id }
}
