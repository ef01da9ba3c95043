// A grant whose access token still lives a while. Whoever finds it too old refreshes it: one attempt at a time for all
// processes; the others wait for what it commits.
import { setTimeout as delay } from 'node:timers/promises'
import { Problem } from '../http/problem.ts'
import type { Services } from '../services.ts'
import { type Grant, readGrant } from './grant.ts'
import { introspectLifetime } from './introspect-lifetime.ts'
import { ageOf } from './refresh-times.ts'
import type { RefreshOutcome } from './refresher.ts'
import { declareDead } from './settle-refresh.ts'
import { requireUsableGrant } from './usable-grant.ts'

/** With a token that still lives, nobody waits long for the next one. */
const PATIENCE_WHILE_ALIVE_MS = 2000

/**
 * The connection's grant, refreshed first when its access token is near its end.
 *
 * @throws Problem as `requireUsableGrant` does; 409 `reauthorization_required` when the provider says that the grant is dead, or when the token has
 *   expired and there is nothing to refresh it with; 503 `provider_unavailable` and the other codes of a connection's
 *   `problem` when it cannot be refreshed now; 503 `refresh_pending` when another process takes too long.
 */
export async function freshGrant(services: Services, connection: { id: string; tenant_id: string }): Promise<Grant> {
  return freshen(services, await requireUsableGrant(services, connection.tenant_id, connection.id))
}

/** The same for a grant that was read a moment ago. */
export async function freshen(services: Services, read: Grant): Promise<Grant> {
  const deadline = performance.now() + services.refresher.limits.lease_ms + services.refresher.limits.call_ms
  let grant = read
  for (;;) {
    const age = ageOf(grant, services.now())
    if (grant.access_token_expires_at === null) return introspectLifetime(services, grant)
    if (age === 'fresh') return grant
    if (!grant.refreshable) {
      if (age === 'stale') return grant
      throw await reauthorizationRequired(services, grant)
    }
    const result = await refreshFor(services, grant, age)
    const unheard = age === 'stale' ? null : result
    if (unheard?.outcome === 'failed' || unheard?.outcome === 'postponed') throw problemOf(unheard)
    if (performance.now() > deadline) throw refreshPending()
    if (unheard?.outcome === 'elsewhere') await services.refresher.others.ended(grant, deadline - performance.now())
    const next = await readGrant(services, { id: grant.connection_id, tenant_id: grant.tenant_id })
    // A token that still lives is good enough while another attempt is at it, or none can be made.
    if (age === 'stale' && next.version === grant.version) return next
    grant = next
  }
}

/** Null when the attempt goes on longer than a reader with a living token waits. */
async function refreshFor(services: Services, grant: Grant, age: 'stale' | 'expired'): Promise<RefreshOutcome | null> {
  const attempt = services.refresher.refresh(grant, 'read')
  if (age === 'expired') return attempt
  const patience = new AbortController()
  const waited = delay(PATIENCE_WHILE_ALIVE_MS, null, { signal: patience.signal }).catch(() => null)
  // What a reader no longer waits for still ends somewhere: in the journal.
  attempt.catch(() => {})
  try {
    return await Promise.race([attempt, waited])
  } finally {
    patience.abort()
  }
}

/** A refresh that gave no token, as an answer to whoever wanted one. */
export function problemOf(result: Extract<RefreshOutcome, { outcome: 'failed' | 'postponed' }>): Problem {
  const { code, verdict, cause, next_action } = result.problem
  const status = verdict === 'reauthorize' || verdict === 'in_doubt' ? 409 : verdict === 'transient' ? 503 : 502
  const retry_after = result.outcome === 'postponed' ? result.seconds : null
  return new Problem(status, code, `${cause} ${next_action}`, {
    ...(retry_after !== null && { headers: { 'retry-after': String(Math.max(1, Math.ceil(retry_after))) } }),
    cause: result.outcome === 'failed' ? result.error : undefined,
  })
}

/** The provider called the grant dead before, or never gave a refresh token. */
export async function reauthorizationRequired(services: Services, grant: Grant): Promise<Problem> {
  const known = await services.db
    .selectFrom('connections')
    .select('problem')
    .where('tenant_id', '=', grant.tenant_id)
    .where('id', '=', grant.connection_id)
    .executeTakeFirst()
  const problem =
    known?.problem?.verdict === 'reauthorize' ? known.problem : await declareDead(services, grant, NOTHING_TO_REFRESH)
  return new Problem(409, problem.code, `${problem.cause} ${problem.next_action}`)
}

const NOTHING_TO_REFRESH = 'The access token expired, and the provider gave no refresh token.'

export function refreshPending(): Problem {
  const detail = 'Another process is refreshing this grant and has not ended. Try again in a moment.'
  return new Problem(503, 'refresh_pending', detail, { headers: { 'retry-after': '2' } })
}
