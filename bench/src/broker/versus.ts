import { median } from '../result.ts'
import type { Child } from './child.ts'
import type { LoadOrder, LoadReport } from './load-process.ts'

export const CALLERS = 32
const ROUNDS = 3

export interface Figures {
  per_second: number
  p50_ms: number
  p99_ms: number
  requests: number
}

type Load = Pick<LoadOrder, 'origin' | 'requests'> & { once?: boolean }

/**
 * Ours against the bare route, in turns, so that what else the machine does hits both alike: the median of three rounds.
 *
 * @throws Error when a request fails
 */
export async function versus(
  generator: Child<unknown>,
  sides: { ours: (round: number) => Promise<Load> | Load; bare: (round: number) => Load },
  milliseconds: number,
): Promise<{ ours: Figures; bare: Figures }> {
  const reports: { ours: LoadReport[]; bare: LoadReport[] } = { ours: [], bare: [] }
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const side of ['bare', 'ours'] as const) {
      const load = await sides[side](round)
      const report = await run(generator, load, round === 0 ? milliseconds / 3 : milliseconds)
      // The first round warms up.
      if (round > 0) reports[side].push(report)
    }
  }
  return { ours: figuresOf(reports.ours), bare: figuresOf(reports.bare) }
}

export async function run(
  generator: Child<unknown>,
  load: Load,
  milliseconds: number,
  keep = false,
): Promise<LoadReport> {
  const order = { callers: CALLERS, milliseconds, accept: [200, 303], once: false, keep, ...load }
  const report = await generator.ask<LoadReport>(order)
  const failed = Object.entries(report.failures)
  if (failed.length > 0)
    throw new Error(`${load.origin} answered ${failed.map(([s, n]) => `${n} times ${s}`).join(', ')}`)
  if (report.requests === 0) throw new Error(`${load.origin} answered nothing`)
  return report
}

function figuresOf(reports: LoadReport[]): Figures {
  const middle = (name: keyof Figures) => median(reports.map((report) => report[name]))
  return {
    per_second: middle('per_second'),
    p50_ms: middle('p50_ms'),
    p99_ms: middle('p99_ms'),
    requests: reports.reduce((sum, { requests }) => sum + requests, 0),
  }
}
