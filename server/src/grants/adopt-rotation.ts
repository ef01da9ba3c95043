// Tokens that a running connector got by itself, with the refresh token that it was given: they become the grant's next
// version, or are told to contradict what the grant has become. They are never dropped without a word.
import { setTimeout as delay } from 'node:timers/promises'
import { type JsonObject, type OAuthPlan, type Secret, secret } from '@sluice/oauth'
import type { Services } from '../services.ts'
import { uuidv7 } from '../uuid.ts'
import { commitTokens } from './commit-tokens.ts'
import { type Grant, type IssuedTokens, readGrant } from './grant.ts'
import { type ClaimOptions, claimGrant } from './refresh-lease.ts'

export interface Rotation {
  run_id: string
  /** The rotated credentials by the names of the response map. */
  credentials: Secret<JsonObject>
  /** Tokens that the connector was given or gave itself: what it rotated is the successor of one of these. */
  held: ReadonlySet<string>
  /** Not earlier than this: the last time that the connector was known to have what it was given. */
  since: Date
}

/** `known`: nothing but what the grant already holds. */
export type Adoption = 'adopted' | 'known' | 'conflict'

const PATIENCE_MS = 30_000
const POLL_MS = 50
const CLAIM: ClaimOptions = { seconds: 20, trigger: 'connector', heed_retry_at: false }

export async function adoptRotation(
  services: Services,
  connection: { id: string; tenant_id: string },
  plan: OAuthPlan,
  rotation: Rotation,
): Promise<Adoption> {
  const deadline = performance.now() + PATIENCE_MS
  for (;;) {
    const grant = await readGrant(services, connection)
    const issued = issuedBy(grant, rotation)
    if (issued === null) return 'known'
    const { refresh_token, access_token } = grant
    if (!rotation.held.has((refresh_token ?? access_token).reveal())) {
      await journalConflict(services, grant)
      return 'conflict'
    }
    // A refresh that is under way ends first; what it commits decides.
    const claimed = await claimGrant(services, grant, CLAIM)
    if (claimed !== null) {
      await services.audit.append(grant.tenant_id, {
        action: 'grant.rotate',
        actor: { type: 'server', id: 'run' },
        subject: { type: 'connection', id: grant.connection_id },
        detail: { run_id: rotation.run_id, version: grant.version },
      })
      const attempt = { grant, lease: claimed.lease, ailing: claimed.connection.status !== 'healthy' }
      const { behaviour } = plan
      if (await commitTokens(services, attempt, issued, { at: rotation.since, behaviour }, async () => {})) {
        return 'adopted'
      }
    }
    if (performance.now() > deadline) throw new Error('The grant was held by others for too long.')
    await delay(POLL_MS)
  }
}

/** As if the provider had answered with them; null when nothing of it is new. */
function issuedBy(grant: Grant, { credentials: rotated, since }: Rotation): IssuedTokens | null {
  const before = grant.credentials.reveal()
  const after = { ...before, ...rotated.reveal() }
  const access = successor(grant.access_token, before, after)
  const refresh = grant.refresh_token && successor(grant.refresh_token, before, after)
  if (access === null && refresh === null) return null
  const expires_at = access === null ? grant.access_token_expires_at : expiryOf(grant, rotated.reveal(), since)
  return {
    tokens: {
      access_token: access ?? grant.access_token,
      refresh_token: refresh,
      expires_at,
      scope: null,
      token_type: null,
      response: secret({}),
      captured: {},
    },
    credentials: secret(expires_at === null ? after : withExpiry(after, expires_at)),
    captured: grant.captured,
    dpop: grant.dpop,
  }
}

/** The rotated value of the field that held the token; null when it is the same, or the connector has no such field. */
function successor(token: Secret, before: JsonObject, after: JsonObject): Secret | null {
  const name = Object.keys(before).find((key) => before[key] === token.reveal())
  const value = name === undefined ? undefined : after[name]
  return typeof value === 'string' && value !== token.reveal() ? secret(value) : null
}

const EXPIRY_FIELDS = ['access_token_expires_at', 'token_expiry_date', 'expires_at']

/** What the connector says, else as long as the token before lived. */
function expiryOf({ issued_at, access_token_expires_at }: Grant, rotated: JsonObject, since: Date): Date | null {
  for (const field of EXPIRY_FIELDS) {
    const told = rotated[field]
    const at = typeof told === 'string' ? Date.parse(told) : Number.NaN
    if (Number.isFinite(at)) return new Date(at)
  }
  if (access_token_expires_at === null) return null
  return new Date(since.getTime() + access_token_expires_at.getTime() - issued_at.getTime())
}

function withExpiry(credentials: JsonObject, expires_at: Date): JsonObject {
  const fields = EXPIRY_FIELDS.filter((field) => typeof credentials[field] === 'string')
  return { ...credentials, ...Object.fromEntries(fields.map((field) => [field, expires_at.toISOString()])) }
}

async function journalConflict({ db, now }: Services, grant: Grant): Promise<void> {
  await db
    .insertInto('grant_journal')
    .values({
      id: uuidv7(),
      tenant_id: grant.tenant_id,
      connection_id: grant.connection_id,
      trigger: 'connector',
      version: grant.version,
      ended_at: now(),
      outcome: 'superseded',
      code: 'rotation_conflict',
      message: 'A connector rotated its tokens by itself while the grant moved on without it.',
    })
    .execute()
}
