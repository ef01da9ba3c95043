// How long a person waits after `npm start`: in a fresh clone, where the pages are built and the database is made, and
// the next time.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { copyFreshCheckout } from '../fresh-checkout.ts'
import { type Measurement, median, roundTo } from '../result.ts'
import { withScratchDirectory } from '../scratch-directory.ts'

export const description = 'seconds from `npm start` until /health/ready answers 200, at first and the next time'

const CHECKOUT = fileURLToPath(new URL('../../..', import.meta.url))
const RUNS = 3
const POLL_MS = 20
const LIMIT_MS = 180_000

export async function measure(): Promise<Measurement[]> {
  const first: number[] = []
  const again: number[] = []
  for (let run = 0; run < RUNS; run += 1) {
    await withScratchDirectory(async (directory) => {
      const checkout = join(directory, 'checkout')
      await copyFreshCheckout(CHECKOUT, checkout)
      first.push(await secondsUntilReady(checkout, directory))
      again.push(await secondsUntilReady(checkout, directory))
    })
  }
  return [
    { id: 'start.ready_seconds', value: roundTo(median(first), 2), unit: 's', aim: 'value <= 60' },
    { id: 'start.again_ready_seconds', value: roundTo(median(again), 2), unit: 's', reference: 'start.ready_seconds' },
  ]
}

async function secondsUntilReady(checkout: string, directory: string): Promise<number> {
  const port = await freePort()
  const began = performance.now()
  const child = spawn(process.execPath, ['--import', './infra/runtime.mjs', 'infra/start.ts'], {
    cwd: checkout,
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      PORT: String(port),
      SLUICE_LAB_PORT: '0',
      SLUICE_DATA: join(directory, 'data'),
      NODE_COMPILE_CACHE: join(directory, 'compile-cache'),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const errors = tail(child)
  const banner = bannerPrinted(child)
  try {
    while (!(await isReady(port))) {
      if (child.exitCode !== null || child.signalCode !== null) throw new Error(`npm start ended:\n${errors()}`)
      if (performance.now() - began > LIMIT_MS) throw new Error(`Not ready after ${LIMIT_MS / 1000} s:\n${errors()}`)
      await delay(POLL_MS)
    }
    const seconds = (performance.now() - began) / 1000
    await banner
    return seconds
  } finally {
    await stop(child)
  }
}

async function isReady(port: number): Promise<boolean> {
  const response = await fetch(`http://127.0.0.1:${port}/health/ready`).catch(() => null)
  await response?.body?.cancel()
  return response?.status === 200
}

/** Settles when the program has said all that it says at its start, or has ended: only then does it heed SIGTERM. */
function bannerPrinted(child: ChildProcess): Promise<void> {
  return new Promise((settle) => {
    let output = ''
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk
      if (output.includes('Ctrl-C stops everything')) settle()
    })
    child.once('exit', () => settle())
  })
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGTERM')
  await once(child, 'exit')
}

function tail(child: ChildProcess): () => string {
  let text = ''
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    text = (text + chunk).slice(-4000)
  })
  return () => text
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
