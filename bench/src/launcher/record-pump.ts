// Records of 1 KB, read by a process that only splits lines and by a tap's reading, records unparsed; and what 10 GB of them
// leave in memory.
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { offered, protocolOf } from '@sluice/launcher'
import { type Measurement, median, roundTo } from '../result.ts'
import { MB, RECORD_BYTES, REQUEST, tapLaunch } from './endless-tap.ts'

const ROUND_BYTES = 1_000 * MB
const LONG_BYTES = 10_000 * MB
const ROUNDS = 3

export async function measureRecordPump(): Promise<Measurement[]> {
  const split: number[] = []
  const pumped: number[] = []
  for (let round = 0; round <= ROUNDS; round += 1) {
    const rates = [await splitLines(ROUND_BYTES), await pumpRecords(ROUND_BYTES)] as const
    if (round === 0) continue
    split.push(rates[0])
    pumped.push(rates[1])
  }
  const { long, growth } = await watched(() => pumpRecords(LONG_BYTES))
  return [
    { id: 'launcher.split_lines', value: Math.round(median(split)), unit: 'MB/s' },
    {
      id: 'launcher.record_pump',
      value: Math.round(median(pumped)),
      unit: 'MB/s',
      reference: 'launcher.split_lines',
      aim: 'ratio >= 0.7',
    },
    { id: 'launcher.record_pump_10_gb', value: Math.round(long), unit: 'MB/s', reference: 'launcher.split_lines' },
    { id: 'launcher.record_pump_memory', value: roundTo(growth, 1), unit: 'MB grown in 10 GB', aim: 'value <= 100' },
  ]
}

/** MB a second. */
async function splitLines(bytes: number): Promise<number> {
  const program = fileURLToPath(new URL('split-lines.ts', import.meta.url))
  return Number((await promisify(execFile)(process.execPath, [program, String(bytes)])).stdout)
}

/** MB a second. */
async function pumpRecords(bytes: number): Promise<number> {
  const started = performance.now()
  const records = await pump(bytes)
  if (records !== Math.floor(bytes / RECORD_BYTES)) throw new Error(`${records} records came`)
  return bytes / MB / ((performance.now() - started) / 1000)
}

async function pump(bytes: number): Promise<number> {
  let documents = 0
  for await (const event of offered(protocolOf('singer'), 'readWire')(tapLaunch(bytes), REQUEST)) {
    if (event.type === 'wire') documents += event.documents
  }
  return documents
}

/** By how many MB the process grew beyond what it was at first, at its largest. */
async function watched(work: () => Promise<number>): Promise<{ long: number; growth: number }> {
  const before = process.memoryUsage.rss()
  let largest = before
  const watch = setInterval(() => {
    largest = Math.max(largest, process.memoryUsage.rss())
  }, 50)
  try {
    const long = await work()
    return { long, growth: (largest - before) / MB }
  } finally {
    clearInterval(watch)
  }
}
