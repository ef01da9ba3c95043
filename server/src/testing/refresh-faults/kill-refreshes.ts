// Servers that are killed while they refresh, against a provider of one rotation policy, and what another server makes of
// what they left: the grant lives on, or it is lost because the provider made it so, and then the connection says so.
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { sql } from 'kysely'
import { connect } from '../connect-story.ts'
import type { Deferring } from '../defer.ts'
import { startTestServer, type TestServer } from '../test-server.ts'
import type { RefreshOrder } from './another-process.ts'
import { startAnotherServer } from './another-server.ts'
import type { KillPoint } from './kill-points.ts'
import type { RotationPolicy } from './rotation-policies.ts'

const ACCESS_TOKEN_SECONDS = 600
/** Where a grant in doubt is left alone until its access token has expired. */
const SHORT_ACCESS_TOKEN_SECONDS = 4
const RECOVERY_MS = 30_000
const ANYWHERE_MS = 60

export interface KillTally {
  kills: number
  /** Attempts that had ended before the kill came. */
  survived: number
  lost: number
  /** Lost though the provider would still have served, or without a word on the connection. */
  avoidable: string[]
  rotations: number
  provider_calls: number
}

export interface KillOptions {
  /** Gives numbers in [0, 1). */
  random: () => number
  /** Where the server's program lies in one file. */
  program?: string
  onKill?: () => void
}

/** Kills one server at each of the points, in turn. */
export async function killRefreshes(
  t: Deferring,
  policy: RotationPolicy,
  points: KillPoint[],
  { random, program, onKill = () => {} }: KillOptions,
): Promise<KillTally> {
  const tally: KillTally = { kills: 0, survived: 0, lost: 0, avoidable: [], rotations: 0, provider_calls: 0 }
  if (points.length === 0) return tally
  const declared = { reuse: 'refused', grace_seconds: 0, ...policy.lab }
  const server = await startTestServer(t, {
    lab: {
      ...policy.lab,
      access_token_seconds: policy.waits_in_doubt ? SHORT_ACCESS_TOKEN_SECONDS : ACCESS_TOKEN_SECONDS,
    },
    connector_env: { LAB_REFRESH_TOKENS: JSON.stringify(declared) },
  })
  let connectionId = (await connect(server)).connection_id
  let next = startAnotherServer(server, program)
  try {
    for (const [index, point] of points.entries()) {
      const victim = await next
      // While one is killed, the next one starts.
      if (index + 1 < points.length) next = startAnotherServer(server, program)
      const before = await grantOf(server, connectionId)
      const calls = server.lab.token_requests
      const killed = await killAt(server, victim.child, point, { ...before, connection_id: connectionId }, random)
      onKill()
      tally.kills += killed.dead ? 1 : 0
      tally.survived += killed.ended ? 1 : 0
      const committed = (await grantOf(server, connectionId)).version > before.version
      // Most leases of the dead are cut short; those of the kills that came anywhere are waited out.
      if (point.at !== 'anywhere') await endLease(server, connectionId)
      const { end, met } = await recover(server, connectionId)
      const after = await grantOf(server, connectionId)
      tally.rotations += after.version - before.version
      tally.provider_calls += server.lab.token_requests - calls
      if (end === 'alive') continue
      tally.lost += 1
      const unavoidable = end === 'flagged' && policy.loses_what_is_lost && killed.provider_acted && !committed
      if (!unavoidable) tally.avoidable.push(`${policy.name}, killed ${point.name}: ${end} (${met})`)
      connectionId = (await connect(server)).connection_id
    }
  } finally {
    await (await next).kill()
  }
  return tally
}

interface Killed {
  dead: boolean
  /** The attempt ended before. */
  ended: boolean
  provider_acted: boolean
}

async function killAt(
  server: TestServer,
  victim: ChildProcess,
  point: KillPoint,
  grant: Omit<RefreshOrder, 'die_at'>,
  random: () => number,
): Promise<Killed> {
  const exited = once(victim, 'exit')
  const ended = once(victim, 'message').then(() => true)
  let acted = false
  const kill = () => victim.kill('SIGKILL')
  const dieAt =
    point.at === 'provider_received' || point.at === 'provider_done' || point.at === 'anywhere' ? null : point.at
  if (point.at === 'provider_received') server.lab.fault({ reply: 'never', noticed: kill })
  if (point.at === 'provider_done') {
    const noticed = () => {
      acted = true
      kill()
    }
    server.lab.fault({ reply: 'withheld', noticed })
  }
  const calls = server.lab.token_requests
  victim.send({ ...grant, die_at: dieAt } satisfies RefreshOrder)
  if (point.at === 'anywhere') {
    await delay(random() * ANYWHERE_MS)
    kill()
  }
  const isEnded = await Promise.race([exited.then(() => false), ended.catch(() => false)])
  if (isEnded) kill()
  await exited
  // What reached the provider before the kill may still be at work there, or about to be.
  if (point.at === 'anywhere') await delay(ANYWHERE_MS)
  await server.lab.idle()
  const called = server.lab.token_requests > calls
  return { dead: true, ended: isEnded, provider_acted: acted || (called && point.at !== 'provider_received') }
}

interface Recovery {
  /** `silent`: the grant cannot be used, and the connection does not say so. */
  end: 'alive' | 'flagged' | 'silent'
  /** What the last try met. */
  met: string
}

/** What another server makes of it. */
async function recover(server: TestServer, id: string): Promise<Recovery> {
  const deadline = Date.now() + RECOVERY_MS
  for (;;) {
    const refreshed = await server.api('POST', `/v1/connections/${id}/refresh`)
    const use = refreshed.status === 200 ? await useToken(server, id) : 'no token'
    const met = `refresh ${refreshed.body.code ?? refreshed.status}, ${use}`
    if (use === 'API 200') return { end: 'alive', met }
    const connection = (await server.api('GET', `/v1/connections/${id}`)).body
    if (connection.status === 'needs_reauthorization') {
      return { end: connection.problems.length > 0 && connection.status_reason ? 'flagged' : 'silent', met }
    }
    if (Date.now() > deadline) return { end: 'silent', met }
    await delay(200)
  }
}

/** Whether the provider's own API takes the token. A caller reports what it does not take. */
async function useToken(server: TestServer, id: string): Promise<string> {
  const { status, body } = await server.api('GET', `/v1/connections/${id}/credentials`)
  if (status !== 200) return `credentials ${body.code}`
  const response = await fetch(`${server.lab.origin}/api/customers`, {
    headers: { authorization: `Bearer ${body.access_token}` },
  })
  await response.body?.cancel()
  if (response.status === 401) {
    await server.api('POST', `/v1/connections/${id}/credentials:report`, { version: body.version, status: 401 })
  }
  return `API ${response.status}`
}

/** As if the time had passed for which the dead server's attempt owns the grant. */
async function endLease({ services, tenant_id }: TestServer, connectionId: string): Promise<void> {
  await services.db
    .updateTable('grants')
    .set({ lease_until: sql<Date>`now() - interval '1 second'` })
    .where('tenant_id', '=', tenant_id)
    .where('connection_id', '=', connectionId)
    .where('lease_until', 'is not', null)
    .execute()
}

async function grantOf({ services, tenant_id }: TestServer, connectionId: string) {
  const { version } = await services.db
    .selectFrom('grants')
    .select('version')
    .where('tenant_id', '=', tenant_id)
    .where('connection_id', '=', connectionId)
    .executeTakeFirstOrThrow()
  return { tenant_id, version }
}
