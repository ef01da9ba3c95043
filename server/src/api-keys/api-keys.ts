// Who presents an API key, asked by every request. What the database said of a key is kept for a second, so that a busy
// caller costs one read a second; a key that is revoked here is forgotten here at once.
import { timingSafeEqual } from 'node:crypto'
import { type Kysely, sql } from 'kysely'
import type { Logger } from 'pino'
import type { Database } from '../database/schema.ts'
import type { Caller } from '../http/caller.ts'
import { Problem } from '../http/problem.ts'
import { digest } from '../token-digest.ts'
import { readApiKeyId } from './api-key.ts'

/** How long a key that another server revoked may still be taken here. */
const KEPT_MS = 1000
const KEPT_KEYS = 10_000
const USES_WRITTEN_EVERY_MS = 30_000
const NO_RULES = Buffer.alloc(0)

export interface ApiKeys {
  /** @throws Problem 401 `not_authenticated`, `api_key_expired`, `api_key_revoked` */
  authenticate(text: string): Promise<Caller>
  /** Asks the database anew for this key: it was changed. */
  forget(id: string): void
  /** Writes when keys were last used, as is done now and then, and stops doing so. */
  stop(): Promise<void>
}

interface KnownKey {
  hash: Buffer
  caller: Caller
  expires_at: Date | null
  revoked_at: Date | null
  /** Of the access rules of the person for whom it was made. */
  rules_digest: Buffer | null
}

interface KeptKey {
  key: Promise<KnownKey | undefined>
  until: number
}

interface ApiKeysOptions {
  db: Kysely<Database>
  now: () => Date
  log: Logger
  /** Of today's access rules; null where there are none. */
  rules_digest: Buffer | null
}

export function createApiKeys({ db, now, log, rules_digest }: ApiKeysOptions): ApiKeys {
  const kept = new Map<string, KeptKey>()
  let uses = new Map<string, Date>()

  function find(id: string): Promise<KnownKey | undefined> {
    const time = performance.now()
    const known = kept.get(id)
    if (known !== undefined && known.until > time) return known.key
    if (kept.size >= KEPT_KEYS) kept.clear()
    const key = readKey(db, id)
    kept.set(id, { key, until: time + KEPT_MS })
    key.catch(() => kept.delete(id))
    return key
  }

  async function writeUses(): Promise<void> {
    const written = uses
    uses = new Map()
    if (written.size > 0) await recordUses(db, written)
  }

  const timer = setInterval(() => {
    writeUses().catch((error: Error) => log.warn({ error_name: error.name }, 'uses of API keys could not be recorded'))
  }, USES_WRITTEN_EVERY_MS)
  timer.unref()

  return {
    async authenticate(text) {
      const id = readApiKeyId(text)
      const key = id === null ? undefined : await find(id)
      if (id === null || key === undefined || !timingSafeEqual(key.hash, digest(text))) {
        throw new Problem(401, 'not_authenticated', 'The API key is not valid: check that it was copied whole.')
      }
      const time = now()
      if (key.revoked_at !== null) {
        throw new Problem(401, 'api_key_revoked', 'This API key was revoked. Use another one.')
      }
      if (key.expires_at !== null && key.expires_at <= time) {
        throw new Problem(401, 'api_key_expired', `This API key expired at ${key.expires_at.toISOString()}.`)
      }
      if (key.rules_digest !== null && !key.rules_digest.equals(rules_digest ?? NO_RULES)) {
        throw new Problem(401, 'api_key_expired', 'The access rules changed since this key was made. Log in again.')
      }
      uses.set(id, time)
      return key.caller
    },
    forget: (id) => void kept.delete(id),
    async stop() {
      clearInterval(timer)
      await writeUses()
    },
  }
}

async function readKey(db: Kysely<Database>, id: string): Promise<KnownKey | undefined> {
  const row = await db
    .selectFrom('api_keys')
    .select(['tenant_id', 'hash', 'scopes', 'expires_at', 'revoked_at', 'rules_digest'])
    .where('id', '=', id)
    .executeTakeFirst()
  if (row === undefined) return undefined
  const { tenant_id, scopes, ...known } = row
  return { ...known, caller: { tenant_id, scopes, api_key_id: id, user: null } }
}

async function recordUses(db: Kysely<Database>, uses: Map<string, Date>): Promise<void> {
  await sql`
    update api_keys set last_used_at = greatest(last_used_at, used.at)
    from unnest(${[...uses.keys()]}::text[], ${[...uses.values()].map((at) => at.toISOString())}::timestamptz[]) as used (id, at)
    where api_keys.id = used.id`.execute(db)
}
