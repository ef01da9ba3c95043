import { createRoute, z } from '@hono/zod-openapi'
import { type Kysely, sql } from 'kysely'
import { jsonObjectSchema } from '../connectors/connector-record.ts'
import { forTenant } from '../database/in-tenant.ts'
import type { Database } from '../database/schema.ts'
import { type Api, failures, json } from '../http/api.ts'
import { pageOf, pageQuery } from '../http/parameters.ts'
import { requires } from '../http/requires.ts'
import { text } from '../http/text.ts'
import type { Services } from '../services.ts'

const auditRecordSchema = z
  .object({
    sequence: z.string().openapi({ description: 'Its place in the chain, from 1.', example: '42' }),
    id: z.uuid(),
    at: z.iso.datetime(),
    action: z.string().openapi({ example: 'credentials.read' }),
    actor: z.object({ type: z.string(), id: z.string() }),
    subject: z.object({ type: z.string(), id: z.string() }),
    detail: jsonObjectSchema,
    record: z.string().openapi({ description: 'The record as the text that was hashed.' }),
    previous_hash: z.string().openapi({ description: 'The predecessor’s hash, in hex; zeros for the first record.' }),
    hash: z.string().openapi({
      description: 'SHA-256 in hex over the previous hash, the sequence (eight bytes, big-endian) and `record`.',
    }),
  })
  .openapi('AuditRecord')

const query = pageQuery.extend({
  cursor: z
    .string()
    .regex(/^[1-9]\d{0,17}$/)
    .optional()
    .openapi({ description: '`next_cursor` of the page before.' }),
  action: text(1, 100).optional().openapi({ example: 'credentials.read' }),
  subject_id: text(1, 200).optional().openapi({ description: 'Of what it was done to, such as a connection’s id.' }),
  actor_id: text(1, 200).optional().openapi({ description: 'Of who did it, such as an API key’s id.' }),
  since: z.iso.datetime().optional(),
  until: z.iso.datetime().optional(),
})

const route = createRoute({
  method: 'get',
  path: '/v1/audit_records',
  tags: ['Audit'],
  summary: 'List audit records',
  description: 'What was done and revealed, newest first. Each record names the hash of its predecessor.',
  security: requires('audit:read'),
  request: { query },
  responses: { 200: json(pageOf(auditRecordSchema, 'AuditRecordList'), 'One page.'), ...failures(401, 403, 422) },
})

export function listAuditRecords(api: Api, shared: Services) {
  api.openapi(route, async (c) => {
    const services = forTenant(shared, c.get('caller').tenant_id)
    const { limit, ...filter } = c.req.valid('query')
    const rows = await selectRecords(services.db, c.get('caller').tenant_id, filter)
      .limit(limit + 1)
      .execute()
    const shown = rows.slice(0, limit)
    const next_cursor = rows.length > limit ? (shown.at(-1)?.sequence ?? null) : null
    return c.json({ data: shown.map(presentRecord), next_cursor }, 200)
  })
}

type Filter = Omit<z.infer<typeof query>, 'limit'>

function selectRecords(db: Kysely<Database>, tenantId: string, filter: Filter) {
  const { cursor, action, subject_id, actor_id, since, until } = filter
  return db
    .selectFrom('audit_records')
    .select(['sequence', 'previous_hash', 'hash', sql<string>`record::text`.as('record')])
    .where('tenant_id', '=', tenantId)
    .$if(cursor !== undefined, (rows) => rows.where('sequence', '<', cursor ?? ''))
    .$if(action !== undefined, (rows) => rows.where(sql`record->>'action'`, '=', action))
    .$if(subject_id !== undefined, (rows) => rows.where(sql`record->'subject'->>'id'`, '=', subject_id))
    .$if(actor_id !== undefined, (rows) => rows.where(sql`record->'actor'->>'id'`, '=', actor_id))
    .$if(since !== undefined, (rows) => rows.where(sql`(record->>'at')::timestamptz`, '>=', since))
    .$if(until !== undefined, (rows) => rows.where(sql`(record->>'at')::timestamptz`, '<', until))
    .orderBy('sequence', 'desc')
}

/** Of the record's text nothing is taken on trust: whoever altered the row may have written anything. */
const contents = auditRecordSchema.pick({ id: true, at: true, action: true, actor: true, subject: true, detail: true })

function presentRecord(row: { sequence: string; record: string; previous_hash: Buffer; hash: Buffer }) {
  const parsed = contents.safeParse(JSON.parse(row.record))
  const { id, at, action, actor, subject, detail } = parsed.data ?? UNREADABLE
  return {
    sequence: row.sequence,
    id,
    at,
    action,
    actor,
    subject,
    detail,
    record: row.record,
    previous_hash: row.previous_hash.toString('hex'),
    hash: row.hash.toString('hex'),
  }
}

const UNREADABLE: z.infer<typeof contents> = {
  id: '00000000-0000-0000-0000-000000000000',
  at: '1970-01-01T00:00:00.000Z',
  action: 'unreadable',
  actor: { type: 'unknown', id: '' },
  subject: { type: 'unknown', id: '' },
  detail: {},
}
