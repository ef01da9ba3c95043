import { median } from './result.ts'

const WARM_UP_MS = 500
const ROUND_MS = 400
const ROUNDS = 7
/** Calls between two looks at the clock. */
const BATCH = 100

/**
 * Calls per second of each function in this process: the median of seven rounds. The functions take turns, so that what
 * else the machine does hits them alike, and their ratios hold although the figures vary.
 */
export async function callRates<Name extends string>(
  calls: Record<Name, () => unknown>,
): Promise<Record<Name, number>> {
  const entries = Object.entries(calls) as [Name, () => unknown][]
  for (const [, call] of entries) await rate(call, WARM_UP_MS)
  const rates = new Map<Name, number[]>(entries.map(([name]) => [name, []]))
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [name, call] of entries) rates.get(name)?.push(await rate(call, ROUND_MS))
  }
  const medians = entries.map(([name]) => [name, Math.round(median(rates.get(name) ?? []))])
  return Object.fromEntries(medians) as Record<Name, number>
}

/** What gives a promise is awaited before the next call. */
async function rate(call: () => unknown, milliseconds: number): Promise<number> {
  const start = performance.now()
  let calls = 0
  let elapsed = 0
  while (elapsed < milliseconds) {
    for (let index = 0; index < BATCH; index += 1) {
      const result = call()
      if (result instanceof Promise) await result
    }
    calls += BATCH
    elapsed = performance.now() - start
  }
  return (calls / elapsed) * 1000
}
