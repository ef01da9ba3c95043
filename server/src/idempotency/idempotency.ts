// Idempotency keys (draft-ietf-httpapi-idempotency-key-header): a POST that is sent again with the same key does nothing
// again and gets the first answer. Kept for a day, for each tenant on its own.
import { createHash } from 'node:crypto'
import type { Context, MiddlewareHandler } from 'hono'
import { z } from 'zod'
import { forTenant } from '../database/in-tenant.ts'
import type { Caller } from '../http/caller.ts'
import { Problem } from '../http/problem.ts'
import type { Services } from '../services.ts'

const KEPT_SECONDS = 24 * 60 * 60
/** Longer than any request is answered in. */
const ANSWERED_SECONDS = 5 * 60
const MAXIMUM_RESPONSE_BYTES = 1024 * 1024

const keySchema = z.string().regex(/^[\x21-\x7e]{1,255}$/)
const answerSchema = z.object({
  body: z.string(),
  headers: z.record(z.string(), z.string()),
})

type CallerContext = Context<{ Variables: { caller: Caller } }>

interface IdempotencyKey {
  tenant_id: string
  key: string
  fingerprint: Buffer
}

/**
 * Serves `Idempotency-Key` on every POST below `/v1`. Only what was done is remembered: a refused or failed request may be
 * sent again with its key. Answers are kept sealed, because some show a secret once.
 *
 * @throws Problem 422 `idempotency_key_reused` for another request, 409 `request_in_progress`, 409
 *   `idempotency_outcome_unknown` when the server ended before it could answer
 */
export function idempotency(shared: Services): MiddlewareHandler<{ Variables: { caller: Caller } }> {
  return async (c, next) => {
    const given = c.req.header('idempotency-key')
    if (given === undefined || c.req.method !== 'POST') return next()
    const parsed = keySchema.safeParse(given)
    if (!parsed.success) {
      throw new Problem(422, 'invalid_idempotency_key', 'An Idempotency-Key is 1 to 255 visible ASCII characters.')
    }
    const { tenant_id } = c.get('caller')
    const services = forTenant(shared, tenant_id)
    const id: IdempotencyKey = { tenant_id, key: parsed.data, fingerprint: await fingerprintOf(c) }
    const kept = await claim(services, id)
    if (kept !== null) return replay(services, id, kept)
    let done = false
    try {
      await next()
      done = c.res.status >= 200 && c.res.status < 300
    } finally {
      if (done) await keep(services, id, c.res.clone())
      else await release(services, id)
    }
  }
}

/** The caller belongs to it: another one may not be allowed to see the answer. */
async function fingerprintOf(c: CallerContext): Promise<Buffer> {
  const { pathname, search } = new URL(c.req.url)
  const hash = createHash('sha256')
  const { api_key_id, user } = c.get('caller')
  hash.update(JSON.stringify([api_key_id ?? user, c.req.method, pathname, search]))
  return hash.update(Buffer.from(await c.req.arrayBuffer())).digest()
}

interface KeptRequest {
  fingerprint: Buffer
  status: number | null
  response_sealed: Buffer | null
  created_at: Date
}

/** Null: the request is ours to answer. */
async function claim(
  { db, now }: Services,
  { tenant_id, key, fingerprint }: IdempotencyKey,
): Promise<KeptRequest | null> {
  const at = now()
  const row = { created_at: at, expires_at: new Date(at.getTime() + KEPT_SECONDS * 1000), fingerprint }
  const claimed = await db
    .insertInto('idempotency_keys')
    .values({ tenant_id, key, ...row, status: null, response_sealed: null })
    .onConflict((conflict) =>
      conflict
        .columns(['tenant_id', 'key'])
        .doUpdateSet({ ...row, status: null, response_sealed: null })
        .where('idempotency_keys.expires_at', '<=', at),
    )
    .executeTakeFirst()
  if (claimed.numInsertedOrUpdatedRows === 1n) return null
  const kept = await db
    .selectFrom('idempotency_keys')
    .select(['fingerprint', 'status', 'response_sealed', 'created_at'])
    .where('tenant_id', '=', tenant_id)
    .where('key', '=', key)
    .executeTakeFirst()
  // Whoever had it failed just now and gave it back.
  if (kept === undefined) throw inProgress()
  return kept
}

async function replay(services: Services, id: IdempotencyKey, kept: KeptRequest): Promise<Response> {
  if (!kept.fingerprint.equals(id.fingerprint)) {
    throw new Problem(
      422,
      'idempotency_key_reused',
      'This Idempotency-Key was used for another request. Use a new key for each request.',
    )
  }
  if (kept.status === null) {
    if (services.now().getTime() - kept.created_at.getTime() < ANSWERED_SECONDS * 1000) throw inProgress()
    throw outcomeUnknown()
  }
  if (kept.response_sealed === null) throw outcomeUnknown()
  const { body, headers } = answerSchema.parse(await services.keys.open(placeOf(id), kept.response_sealed))
  return new Response(body, { status: kept.status, headers: { ...headers, 'idempotency-replayed': 'true' } })
}

const inProgress = () =>
  new Problem(409, 'request_in_progress', 'The first request with this Idempotency-Key is still being answered.')

const outcomeUnknown = () =>
  new Problem(
    409,
    'idempotency_outcome_unknown',
    'The first request with this Idempotency-Key may have been done, but its answer is lost. Look before you repeat it.',
  )

const KEPT_HEADERS = ['content-type', 'etag', 'location', 'cache-control']

async function keep({ db, keys }: Services, id: IdempotencyKey, response: Response): Promise<void> {
  const body = await response.text()
  const headers = Object.fromEntries(
    KEPT_HEADERS.flatMap((name) => {
      const value = response.headers.get(name)
      return value === null ? [] : [[name, value]]
    }),
  )
  const fits = Buffer.byteLength(body) <= MAXIMUM_RESPONSE_BYTES
  await db
    .updateTable('idempotency_keys')
    .set({ status: response.status, response_sealed: fits ? await keys.seal(placeOf(id), { body, headers }) : null })
    .where('tenant_id', '=', id.tenant_id)
    .where('key', '=', id.key)
    .where('fingerprint', '=', id.fingerprint)
    .execute()
}

async function release({ db }: Services, { tenant_id, key, fingerprint }: IdempotencyKey): Promise<void> {
  await db
    .deleteFrom('idempotency_keys')
    .where('tenant_id', '=', tenant_id)
    .where('key', '=', key)
    .where('fingerprint', '=', fingerprint)
    .where('status', 'is', null)
    .execute()
}

function placeOf({ tenant_id, key }: IdempotencyKey) {
  return { tenant_id, table: 'idempotency_keys', column: 'response', row: key }
}
