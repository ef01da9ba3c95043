// What a run was asked for beside its operation. Bindings and states are a customer's data, so it is stored sealed.
import { createHash } from 'node:crypto'
import { z } from '@hono/zod-openapi'
import type { JsonValue } from '@sluice/oauth'
import { auditActorTypes } from '../audit/audit-record.ts'
import { jsonObjectSchema } from '../connectors/connector-record.ts'
import type { RunOperation } from '../database/schema.ts'
import type { KeyRing } from '../sealing/key-ring.ts'

const bindingSchema = z
  .object({
    resource: jsonObjectSchema.openapi({
      description: 'As discovery gave it, or the part of it that names the resource.',
    }),
    target: z.string().min(1).max(200).openapi({ description: 'Name of the collection.' }),
  })
  .strict()

const storedObject = z.record(z.string(), z.json())

export const requestSchema = z.object({
  bindings: z
    .array(z.object({ resource: storedObject, target: z.string() }))
    .nullable()
    .default(null),
  state: storedObject.nullable().default(null),
  save_state: z.boolean().default(false),
  documents: z.enum(['sample', 'file', 'none']).default('sample'),
  dry_run: z.boolean().default(false),
  max_documents: z.int().nullable().default(100),
  actor: z
    .object({ type: z.enum(auditActorTypes), id: z.string() })
    .default({ type: 'server', id: 'run' })
    .describe('Who asked for it, for the audit log.'),
})

export type RunRequest = z.infer<typeof requestSchema>

/** What is asked of a connection's data: what follows its own state, and what only looks. */
export const readingOperations: readonly RunOperation[] = ['read', 'capture', 'write']

export const newRunSchema = z
  .object({
    connection_id: z.uuid(),
    operation: z.enum(['spec', 'check', 'discover', 'validate', 'read', 'capture', 'preview', 'write']).openapi({
      description:
        '`check` has the connector try the config. `read` (or `capture`) reads from where the last run of the same ' +
        'bindings stopped. `preview` runs spec, discover, validate and reads the first documents, from the beginning. ' +
        '`write` reads into the connection `target_connection_id`.',
    }),
    bindings: z
      .array(bindingSchema)
      .min(1)
      .max(1000)
      .optional()
      .openapi({ description: 'What to read. Left out: what the connector’s file names, or all that it discovers.' }),
    state: jsonObjectSchema.optional().openapi({
      description: 'Where to read from, in place of the stored state; `{}` is the beginning.',
    }),
    save_state: z.boolean().optional().openapi({
      description: 'Whether checkpoints move the stored state: by default those of `read`, `capture` and `write` do.',
    }),
    target_connection_id: z.uuid().optional().openapi({
      description: 'A connection to a destination: documents are piped there as fast as it takes them.',
    }),
    documents: z
      .enum(['sample', 'file'])
      .default('sample')
      .openapi({
        description:
          '`sample`: the first ones stand in the run, sealed. `file`: all of them go to a file of the operator’s, to be ' +
          'fetched from `/v1/runs/{id}/documents`. Without meaning where there is a target.',
      }),
    max_documents: z.int().min(1).max(1_000_000_000).optional().openapi({
      description:
        'The run ends at a checkpoint after so many. By default 100 for a sample (1000 at most are kept), else no bound.',
    }),
    dry_run: z
      .boolean()
      .default(false)
      .openapi({
        description:
          'Reads and keeps nothing, and moves no state. With a target: has it try everything and store nothing, where ' +
          'its protocol offers that.',
      }),
    max_attempts: z
      .int()
      .min(1)
      .max(10)
      .optional()
      .openapi({
        description:
          'After a transient failure the run is tried again, with growing pauses: by default up to 3 attempts where it ' +
          'reads, else 1.',
      }),
  })
  .strict()

/**
 * Names a set of bindings: the state of each set is kept apart. Documents that go to another place follow a state of
 * their own.
 */
export function bindingSetOf(bindings: RunRequest['bindings'], targetId: string | null): string {
  const chosen = bindings === null ? 'all' : digest(bindings.map(({ resource }) => canonical(resource)).sort())
  return targetId === null ? chosen : `${chosen}:${targetId}`
}

function digest(texts: string[]): string {
  return createHash('sha256').update(JSON.stringify(texts)).digest('base64url').slice(0, 22)
}

function canonical(value: JsonValue): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonical(item ?? null)}`).join()}}`
}

export function sealRequest(keys: KeyRing, run: { id: string; tenant_id: string }, request: RunRequest) {
  return keys.seal(placeOf(run), request)
}

export async function openRequest(
  keys: KeyRing,
  run: { id: string; tenant_id: string; request_sealed: Buffer | null },
): Promise<RunRequest> {
  return requestSchema.parse(run.request_sealed === null ? {} : await keys.open(placeOf(run), run.request_sealed))
}

function placeOf(run: { id: string; tenant_id: string }) {
  return { tenant_id: run.tenant_id, table: 'runs', column: 'request', row: run.id }
}
