// What the rate limiter costs over HTTP: one route of a server with limits that nobody reaches against another without any,
// in turns. Told in requests for each second of CPU time, because the difference is smaller than what a busy machine does
// to the requests of a second.
import { type Measurement, median } from '../result.ts'
import type { Arena } from './arena.ts'
import { type Child, startChild } from './child.ts'
import { run } from './versus.ts'

const TURN_MS = 1000
/** Until the compiler has done what it will do for both. */
const WARM_UP = 8
const TURNS = 10
/** Beyond what a server answers, so that every request is counted and none refused. */
const UNREACHED = 1_000_000
/** It asks the database nothing, so that next to nothing hides the limiter. */
const PATH = '/v1/connectors/source-lab'

export async function measureRateLimit(arena: Arena, generator: Child<unknown>): Promise<Measurement[]> {
  const start = (most: number) =>
    startChild<{ port: number }>('sluice-process.ts', {
      ...arena.sluice,
      ahead: false,
      rate_limits: { per_key: most, anonymous: most },
    })
  const [on, off] = [await start(UNREACHED), await start(0)]
  const requests = [{ method: 'GET', path: PATH, headers: { authorization: `Bearer ${arena.api_key}` } }]
  const turn = async (server: Child<{ port: number }>) => {
    const before = await cpuSeconds(server)
    const report = await run(generator, { origin: `http://localhost:${server.ready.port}`, requests }, TURN_MS)
    return report.requests / ((await cpuSeconds(server)) - before)
  }
  try {
    const turns: { on: number[]; off: number[] } = { on: [], off: [] }
    for (let index = 0; index < WARM_UP + TURNS; index += 1) {
      // Each goes first as often as the other.
      const order = index % 2 === 0 ? (['on', 'off'] as const) : (['off', 'on'] as const)
      for (const side of order) {
        const rate = await turn(side === 'on' ? on : off)
        if (index >= WARM_UP) turns[side].push(rate)
      }
    }
    const reference = 'broker.rate_limit_off'
    const unit = 'requests per CPU second'
    return [
      { id: 'broker.rate_limit', value: Math.round(median(turns.on)), unit, reference, aim: 'ratio >= 0.9' },
      { id: reference, value: Math.round(median(turns.off)), unit },
    ]
  } finally {
    await on.stop()
    await off.stop()
  }
}

async function cpuSeconds(server: Child<unknown>): Promise<number> {
  const { user, system } = await server.ask<NodeJS.CpuUsage>({})
  return (user + system) / 1_000_000
}
