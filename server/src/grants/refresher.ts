// Refreshes of grants: one provider call for each rotation, however many readers, processes and crashes there are
// (design, section 4). An attempt claims the lease and journals its intent, calls, and commits.
import { OAuthError } from '@sluice/oauth'
import type { Kysely } from 'kysely'
import { openConfig } from '../connections/connection.ts'
import type { Database, GrantProblem, RefreshTrigger } from '../database/schema.ts'
import { Problem } from '../http/problem.ts'
import type { Services } from '../services.ts'
import { type Attempt, commitTokens, createTokenCommits, type TokenCommits } from './commit-tokens.ts'
import { type AttemptFollower, followAttempts } from './follow-attempts.ts'
import { type Grant, openGrant } from './grant.ts'
import { describeProblem } from './grant-problem.ts'
import { moveInDoubt } from './in-doubt.ts'
import { keepTrying } from './keep-trying.ts'
import { createProviderCircuits, type ProviderCircuits } from './provider-circuit.ts'
import { type ClaimedGrant, claimDueGrants, claimGrant, renewLease, withdraw } from './refresh-lease.ts'
import { type PreparedRefresh, prepareRefresh, requestRefresh } from './request-refresh.ts'
import { commitFailure, waitInDoubt } from './settle-refresh.ts'

export interface RefreshLimits {
  /** How long an attempt owns a grant; more than `call_ms`, so that no lease ends during its owner's own call. */
  lease_ms: number
  /** How long the provider may take. */
  call_ms: number
  /** How long a stop waits for calls that are on their way, before it gives them up. */
  stop_ms: number
}

export const REFRESH_LIMITS: RefreshLimits = { lease_ms: 20_000, call_ms: 12_000, stop_ms: 3000 }

/** Where an attempt is; a hook for tests that end the process there. */
export type RefreshStep = 'before_call' | 'after_reply' | 'before_commit' | 'after_commit'

export type RefreshOutcome =
  | { outcome: 'refreshed' }
  /** Another attempt holds the lease, or has ended meanwhile: read the grant again. */
  | { outcome: 'elsewhere' }
  /** Nothing was sent now. */
  | { outcome: 'postponed'; problem: GrantProblem; seconds: number }
  | { outcome: 'failed'; problem: GrantProblem; error: OAuthError }

export interface Refresher {
  /** Refreshes this version of a grant. Callers in this process share one attempt. */
  refresh(grant: GrantId, trigger: RefreshTrigger): Promise<RefreshOutcome>
  /** Claims up to `limit` grants that are due, and returns what becomes of each. */
  refreshDue(limit: number): Promise<Promise<RefreshOutcome>[]>
  circuits: ProviderCircuits
  commits: TokenCommits
  /** The attempts of other processes. */
  others: AttemptFollower
  limits: RefreshLimits
  /** Starts no more attempts, and waits `stop_ms` for those on their way. */
  stop(): Promise<void>
}

type GrantId = Pick<Grant, 'tenant_id' | 'connection_id' | 'version'>

export interface RefresherOptions {
  limits?: Partial<RefreshLimits>
  /** False: tokens are refreshed only when somebody asks for them. */
  ahead?: boolean
  onStep?: (step: RefreshStep, connectionId: string) => Promise<void>
}

export function createRefresher(
  db: Kysely<Database>,
  services: () => Services,
  options: RefresherOptions = {},
): Refresher {
  const limits = { ...REFRESH_LIMITS, ...options.limits }
  const circuits = createProviderCircuits(db)
  const shared = new Map<string, Promise<RefreshOutcome>>()
  const underWay = new Set<Promise<RefreshOutcome>>()
  const stopping = new AbortController()
  const seconds = limits.lease_ms / 1000

  return {
    circuits,
    commits: createTokenCommits(db),
    others: followAttempts(db),
    limits,
    refresh(grant, trigger) {
      const name = `${grant.connection_id}/${grant.version}`
      const known = shared.get(name)
      if (known !== undefined) return known
      const work = follow(trigger, () => claimAndRefresh(services(), grant, trigger)).finally(() => shared.delete(name))
      shared.set(name, work)
      return work
    },
    async refreshDue(limit) {
      const claims = await claimDueGrants(services(), { limit, seconds })
      return claims.map((claim) => follow('ahead', () => refreshClaimed(services(), claim, 'ahead')))
    },
    async stop() {
      const patience = AbortSignal.timeout(limits.stop_ms)
      patience.addEventListener('abort', () => stopping.abort(new Error('The server stops.')))
      await Promise.allSettled(underWay)
    },
  }

  function follow(trigger: RefreshTrigger, attempt: () => Promise<RefreshOutcome>): Promise<RefreshOutcome> {
    const started = performance.now()
    const work = attempt()
      .then((result) => {
        services().metrics.countRefresh(trigger, result, (performance.now() - started) / 1000)
        return result
      })
      .finally(() => underWay.delete(work))
    underWay.add(work)
    return work
  }

  async function claimAndRefresh(services: Services, id: GrantId, trigger: RefreshTrigger): Promise<RefreshOutcome> {
    const heed_retry_at = HEEDFUL.has(trigger)
    const claim = await claimGrant(services, id, { seconds, trigger, heed_retry_at })
    return claim === null ? unclaimed(services, id, trigger) : refreshClaimed(services, claim, trigger)
  }

  async function refreshClaimed(
    services: Services,
    claim: ClaimedGrant,
    trigger: RefreshTrigger,
  ): Promise<RefreshOutcome> {
    const { row, lease, connection, client } = claim
    if (connection.disabled_at !== null && trigger === 'ahead') {
      await withdraw(services, row, lease, { due_at: new Date(services.now().getTime() + REST_MS) })
      return { outcome: 'elsewhere' }
    }
    let attempt: Attempt | null = null
    let prepared: PreparedRefresh | null = null
    try {
      const grant = await openGrant(services.keys, connection, row)
      attempt = { grant, lease, ailing: connection.status !== 'healthy' }
      const config = await openConfig(services, connection)
      prepared = await prepareRefresh(services, { ...connection, config, client }, grant)
      const admission = await circuits.admit(prepared.host)
      if (!admission.admitted) return await postpone(services, attempt, prepared, admission.seconds)
      if (lease.in_doubt_seconds !== null) {
        const move = moveInDoubt(prepared.plan.behaviour.refresh_policy, {
          seconds: lease.in_doubt_seconds,
          access_token_alive: trigger !== 'report' && isAlive(grant, services.now()),
        })
        if (move === 'wait') {
          const problem = await waitInDoubt(services, attempt)
          return { outcome: 'postponed', problem, seconds: secondsUntil(grant.access_token_expires_at, services.now()) }
        }
      }
      return await callProvider(services, attempt, prepared, trigger)
    } catch (error) {
      // What left for the provider and was not written down has an unknown end: the lease ends, and says so.
      if (prepared?.sent()) throw error
      return await give(services, claim, attempt, error, trigger)
    }
  }

  async function callProvider(
    services: Services,
    { lease, ...known }: Attempt,
    prepared: PreparedRefresh,
    trigger: RefreshTrigger,
  ): Promise<RefreshOutcome> {
    const { grant } = known
    const step = (name: RefreshStep) => options.onStep?.(name, grant.connection_id) ?? Promise.resolve()
    stopping.signal.throwIfAborted()
    await services.audit.append(grant.tenant_id, {
      action: 'grant.refresh',
      actor: { type: 'server', id: 'refresh' },
      subject: { type: 'connection', id: grant.connection_id },
      detail: { trigger, version: grant.version },
    })
    const isLate = performance.now() + limits.call_ms > lease.until
    const held = isLate ? await renewLease(services, grant, lease, { seconds }) : lease
    if (held === null) return { outcome: 'elsewhere' }
    const attempt = { ...known, lease: held }
    await step('before_call')

    const quiet = trigger === 'import'
    const reply = await callWithin(services, prepared)
    await step('after_reply')
    if ('error' in reply) {
      if (isOutage(reply.error)) await circuits.failed(prepared.host, reply.error.retry_after)
      else await circuits.succeeded(prepared.host)
      const problem = await keepTrying(() => commitFailure(services, attempt, { ...reply, quiet }))
      return { outcome: 'failed', problem, error: reply.error }
    }
    const { issued, at } = reply
    const { behaviour } = prepared.plan
    const learned = trigger === 'import' ? prepared.learn(issued) : null
    const committed = await keepTrying(() =>
      commitTokens(services, attempt, issued, { at, behaviour, learned }, () => step('before_commit')),
    )
    await step('after_commit')
    await circuits.succeeded(prepared.host)
    return { outcome: committed ? 'refreshed' : 'elsewhere' }
  }

  /** The provider's time is bounded by ours; a reply that did not come by then is lost. */
  async function callWithin(services: Services, prepared: PreparedRefresh) {
    const timeUp = AbortSignal.timeout(limits.call_ms)
    try {
      return await requestRefresh(services, prepared, AbortSignal.any([timeUp, stopping.signal]))
    } catch (cause) {
      if (!timeUp.aborted && !stopping.signal.aborted) throw cause
      const what = timeUp.aborted
        ? `did not answer within ${limits.call_ms} ms`
        : 'did not answer before the server stopped'
      const error = new OAuthError('timeout', `${prepared.host} ${what}.`, { verdict: 'transient' })
      return { error, in_doubt: prepared.sent() }
    }
  }
}

/** What was not asked for by anybody waits out the pause after a failure. */
const HEEDFUL = new Set<RefreshTrigger>(['read', 'ahead'])

/** Nobody else may be waiting for what this attempt holds. */
async function give(
  services: Services,
  { row, lease }: ClaimedGrant,
  attempt: Attempt | null,
  error: unknown,
  trigger: RefreshTrigger,
): Promise<RefreshOutcome> {
  const known = error instanceof Problem && error.code !== 'audit_unavailable' ? unusable(error) : error
  if (attempt !== null && known instanceof OAuthError) {
    const problem = await commitFailure(services, attempt, {
      error: known,
      in_doubt: false,
      quiet: trigger === 'import',
    })
    return { outcome: 'failed', problem, error: known }
  }
  await withdraw(services, row, lease).catch(() => {})
  throw error
}

/** The connector or its integration is not there any more, or does not answer. */
function unusable(cause: Problem): OAuthError {
  return new OAuthError('not_offered', cause.message, { verdict: 'connector_broken', cause })
}

/** Someone else is at it, or a failure is too fresh: then the reader is told of that failure. */
async function unclaimed(services: Services, id: GrantId, trigger: RefreshTrigger): Promise<RefreshOutcome> {
  if (!HEEDFUL.has(trigger)) return { outcome: 'elsewhere' }
  const now = services.now()
  const standing = await services.db
    .selectFrom('grants')
    .innerJoin('connections', 'connections.id', 'grants.connection_id')
    .select(['grants.retry_at', 'connections.problem'])
    .where('grants.tenant_id', '=', id.tenant_id)
    .where('connections.tenant_id', '=', id.tenant_id)
    .where('grants.connection_id', '=', id.connection_id)
    .where('grants.version', '=', id.version)
    .where('grants.refreshable', '=', true)
    .where('grants.retry_at', '>', now)
    .executeTakeFirst()
  if (standing === undefined) return { outcome: 'elsewhere' }
  const { retry_at, problem } = standing
  const cause = 'The last refresh failed a moment ago.'
  const told = problem ?? describeProblem({ verdict: 'transient', cause, retry_at }, null, now)
  return { outcome: 'postponed', problem: told, seconds: secondsUntil(retry_at, now) }
}

/** A disabled connection is looked at again so much later: it may be enabled by then. */
const REST_MS = 60 * 60 * 1000

/** The circuit of the provider is open: the grant falls due again when it closes, a little scattered. */
async function postpone(
  services: Services,
  { grant, lease }: Attempt,
  { plan, host }: PreparedRefresh,
  seconds: number,
): Promise<RefreshOutcome> {
  const now = services.now()
  const retry_at = new Date(now.getTime() + seconds * (1 + 0.2 * Math.random()) * 1000)
  await withdraw(services, grant, lease, { due_at: retry_at })
  const cause = `${plan.provider} (${host}) does not answer; its calls are held back until it does.`
  return {
    outcome: 'postponed',
    problem: describeProblem({ verdict: 'transient', cause, retry_at }, null, now),
    seconds,
  }
}

/** Of the provider as a whole, as against this grant or client. */
function isOutage(error: OAuthError): boolean {
  return error.verdict === 'transient'
}

function isAlive({ access_token_expires_at }: Grant, now: Date): boolean {
  return access_token_expires_at === null || access_token_expires_at > now
}

function secondsUntil(instant: Date | null, now: Date): number {
  return instant === null ? 0 : Math.max(0, (instant.getTime() - now.getTime()) / 1000)
}
