// Records of 1 KB, read by a loop that only splits lines and by a tap's reading, records unparsed; and what 10 GB of them
// leave in memory.
import { spawn } from 'node:child_process'
import { offered, protocolOf } from '@sluice/launcher'
import { type Measurement, median, roundTo } from '../result.ts'
import { RECORD_BYTES, REQUEST, tapLaunch, tapScript } from './endless-tap.ts'

const MB = 1e6
const ROUND_BYTES = 1_000 * MB
const LONG_BYTES = 10_000 * MB
const ROUNDS = 3

export async function measureRecordPump(): Promise<Measurement[]> {
  const split: number[] = []
  const pumped: number[] = []
  for (let round = 0; round <= ROUNDS; round += 1) {
    const rates = [await rate(ROUND_BYTES, splitLines), await rate(ROUND_BYTES, pump)] as const
    if (round === 0) continue
    split.push(rates[0])
    pumped.push(rates[1])
  }
  const { long, growth } = await watched(() => rate(LONG_BYTES, pump))
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

/** MB of records a second. */
async function rate(bytes: number, read: (bytes: number) => Promise<number>): Promise<number> {
  const started = performance.now()
  const records = await read(bytes)
  if (records !== Math.floor(bytes / RECORD_BYTES)) throw new Error(`${records} records came`)
  return bytes / MB / ((performance.now() - started) / 1000)
}

async function splitLines(bytes: number): Promise<number> {
  const child = spawn('/bin/sh', ['-c', tapScript(bytes)], { stdio: ['ignore', 'pipe', 'ignore'] })
  let lines = 0
  for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
    for (let end = chunk.indexOf(0x0a); end !== -1; end = chunk.indexOf(0x0a, end + 1)) lines += 1
  }
  return lines - 2
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
