// The broker's hot paths, each against a bare Hono route that does the least that anybody must do, in one run.
import { setTimeout as delay } from 'node:timers/promises'
import { createConnectSession } from '@sluice/server'
import { type Arena, CONNECTIONS, openArena } from '../broker/arena.ts'
import { type Child, startChild } from '../broker/child.ts'
import type { LoadOrder, LoadReport } from '../broker/load-process.ts'
import { measureRateLimit } from '../broker/rate-limit.ts'
import { refreshStorm } from '../broker/refresh-storm.ts'
import { type Figures, run, versus } from '../broker/versus.ts'
import { type Measurement, roundTo } from '../result.ts'
import { withScratchDirectory } from '../scratch-directory.ts'

export const description = 'reading credentials, authorizing, and ten thousand refreshes, against bare Hono routes'

const READ_MS = 4000
const START_MS = 3000
/** Each callback needs a start of its own. As long a round as that of the bare exchange, so that both are warm. */
const CALLBACKS = 4000
const ALL_MS = 120_000
const COUNTED_AFTER_MS = 1500
const CONFIG = { region: 'all', history: 'all' }

export async function measure(): Promise<Measurement[]> {
  return withScratchDirectory(async (directory) => {
    const arena = await openArena(directory, { connections: CONNECTIONS })
    const generator = await startChild('load-process.ts')
    const bare = await startChild<{ port: number }>('bare-process.ts', arena.bare)
    const sluice = await startChild<{ port: number }>('sluice-process.ts', { ...arena.sluice, ahead: false })
    const origins = {
      bare: `http://127.0.0.1:${bare.ready.port}`,
      ours: `http://localhost:${sluice.ready.port}`,
    }
    try {
      const read = await measureRead(arena, generator, origins)
      const flow = await measureAuthorization(arena, generator, origins)
      const limits = await measureRateLimit(arena, generator)
      await sluice.stop()
      const storm = await refreshStorm(arena)
      say(`refresh storm: ${storm.calls} calls for ${storm.grants} grants in ${storm.seconds.toFixed(0)} s`)
      return [
        ...read,
        ...flow,
        ...limits,
        {
          id: 'broker.refresh_storm',
          value: storm.refreshed_in_time,
          unit: 'of 10000 before expiry',
          aim: 'value >= 10000',
        },
        {
          id: 'broker.refresh_storm_calls',
          value: storm.most_calls_for_one,
          unit: 'calls per grant at most',
          aim: 'value <= 1',
        },
      ]
    } finally {
      await generator.stop()
      await bare.stop()
      await arena.close()
    }
  })
}

interface Origins {
  ours: string
  bare: string
}

async function measureRead(arena: Arena, generator: Child<unknown>, origins: Origins): Promise<Measurement[]> {
  const authorization = { authorization: `Bearer ${arena.api_key}` }
  const ours = shuffled(arena.connections).map((id) => get(`/v1/connections/${id}/credentials`, authorization))
  const plain = shuffled(arena.rows).map((id) => get(`/rows/${id}`))
  const { ours: us, bare } = await versus(
    generator,
    {
      ours: (round) => ({ origin: origins.ours, requests: ours.slice(round * 20_000, (round + 1) * 20_000) }),
      bare: (round) => ({ origin: origins.bare, requests: plain.slice(round * 20_000, (round + 1) * 20_000) }),
    },
    READ_MS,
  )
  const each = await statementsPerRequest(arena, generator, { origin: origins.ours, requests: ours.slice(80_000) })
  report('credentials read', us, bare, each.statements)
  return [
    ...pair('credentials_read', us, bare, 'ratio >= 0.5'),
    {
      id: 'broker.credentials_read_p99',
      value: roundTo(us.p99_ms, 2),
      unit: 'ms',
      reference: 'broker.credentials_read_p99_bare',
      aim: 'ratio <= 5',
    },
    { id: 'broker.credentials_read_p99_bare', value: roundTo(bare.p99_ms, 2), unit: 'ms' },
    statementsFigure('credentials_read', each),
  ]
}

async function measureAuthorization(arena: Arena, generator: Child<unknown>, origins: Origins): Promise<Measurement[]> {
  const headers = { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin' }
  const start = async (count: number): Promise<LoadOrder['requests']> =>
    (await tokens(arena, count)).map((token) => ({
      method: 'POST',
      path: `/connect/${token}/authorize`,
      headers,
      body: JSON.stringify({ config: CONFIG }),
    }))
  const insert = { origin: origins.bare, requests: [{ method: 'POST', path: '/rows', headers: {} }] }
  const starts = await versus(
    generator,
    { ours: async () => ({ origin: origins.ours, requests: await start(8000), once: true }), bare: () => insert },
    START_MS,
  )
  const counted = { origin: origins.ours, requests: await start(CALLBACKS), once: true }
  const perStart = await statementsPerRequest(arena, generator, counted, true)
  report('authorization start', starts.ours, starts.bare, perStart.statements)

  const exchange = { origin: origins.bare, requests: [get('/exchange?code=code')] }
  const comingBack = (answers: LoadReport['answers']) => ({
    origin: origins.ours,
    requests: answers.map(({ body, cookies }) => callbackRequest(arena, body, cookies)),
    once: true,
  })
  const callbacks = await versus(
    generator,
    {
      bare: () => exchange,
      ours: async () => {
        const load = { origin: origins.ours, requests: await start(CALLBACKS), once: true }
        return comingBack((await run(generator, load, ALL_MS, true)).answers)
      },
    },
    START_MS,
  )
  const perCallback = await statementsPerRequest(arena, generator, comingBack(perStart.answers))
  report('callback', callbacks.ours, callbacks.bare, perCallback.statements)
  return [
    ...pair('authorization_start', starts.ours, starts.bare, 'ratio >= 0.5'),
    statementsFigure('authorization_start', perStart),
    ...pair('callback', callbacks.ours, callbacks.bare, 'ratio >= 0.5'),
    statementsFigure('callback', perCallback),
  ]
}

function callbackRequest(arena: Arena, body: string, cookies: string[]) {
  const { authorization_url } = JSON.parse(body) as { authorization_url: string }
  const state = new URL(authorization_url).searchParams.get('state') ?? ''
  const cookie = cookies.map((line) => line.split(';')[0]).join('; ')
  return get(`/oauth/callback/${arena.integration.id}?${new URLSearchParams({ code: 'code', state })}`, { cookie })
}

/** Tokens of fresh connect links. */
async function tokens(arena: Arena, count: number): Promise<string[]> {
  return arena.setUp(async (services) => {
    const made: string[] = []
    for (let from = 0; from < count; from += 100) {
      const some = Array.from({ length: Math.min(100, count - from) }, () =>
        createConnectSession(services, { tenant_id: arena.tenant_id, connector_id: 'source-lab' }),
      )
      for (const { ways_in } of await Promise.all(some))
        made.push(new URL(ways_in.url).pathname.split('/').at(-1) ?? '')
    }
    // As the database's own upkeep does within a minute: until then it plans for an empty table.
    await arena.sql`analyze connect_sessions`
    return made
  })
}

function get(path: string, headers: Record<string, string> = {}) {
  return { method: 'GET', path, headers }
}

function pair(name: string, ours: Figures, bare: Figures, aim: string): Measurement[] {
  const reference = `broker.${name}_bare`
  const unit = 'requests/s'
  return [
    { id: `broker.${name}`, value: Math.round(ours.per_second), unit, reference, aim },
    { id: reference, value: Math.round(bare.per_second), unit },
  ]
}

/** By the database's own count: each statement of a read is a transaction. */
async function statementsPerRequest(
  arena: Arena,
  generator: Child<unknown>,
  load: Pick<LoadOrder, 'origin' | 'requests'> & { once?: boolean },
  keep = false,
) {
  const before = await statements(arena)
  const { requests, answers } = await run(generator, load, load.once === true ? ALL_MS : READ_MS, keep)
  return { statements: ((await statements(arena)) - before) / requests, answers }
}

function statementsFigure(name: string, counted: { statements: number }): Measurement {
  const value = roundTo(counted.statements, 2)
  return { id: `broker.${name}_statements`, value, unit: 'statements per request' }
}

async function statements({ sql }: Arena): Promise<number> {
  // A connection tells of its transactions once a second at most.
  await delay(COUNTED_AFTER_MS)
  const [row] =
    await sql`select xact_commit + xact_rollback as count from pg_stat_database where datname = current_database()`
  return Number(row?.count)
}

function report(what: string, ours: Figures, bare: Figures, each?: number): void {
  const figures = ({ per_second, p50_ms, p99_ms }: Figures) =>
    `${Math.round(per_second)}/s, p50 ${p50_ms.toFixed(1)} ms, p99 ${p99_ms.toFixed(1)} ms`
  const counted = each === undefined ? '' : `; ${each.toFixed(2)} statements per request`
  say(`${what}: ${figures(ours)}; bare ${figures(bare)}${counted}`)
}

function say(text: string): void {
  process.stderr.write(`  ${text}\n`)
}

function shuffled(ids: string[]): string[] {
  return ids
    .map((id) => ({ id, place: Math.random() }))
    .sort((one, other) => one.place - other.place)
    .map(({ id }) => id)
}
