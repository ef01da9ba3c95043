// `npm start` as a person types it, in a process of its own, with a data directory and ports of its own.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { defer } from '../../../server/src/testing/defer.ts'

const checkout = fileURLToPath(new URL('../../..', import.meta.url))

export interface StartedSluice {
  /** What the terminal shows so far. */
  output(): string
  /** Settles with the exit code once it has ended. */
  ended: Promise<number | null>
  /** Signals npm, as a service manager does. */
  signal(name: NodeJS.Signals): void
}

export interface ReadySluice extends StartedSluice {
  base_url: string
  connect_path: string
  data_directory: string
  sign_in_url: string
  /** Null when the banner shows none. */
  api_key: string | null
}

/** Starts without waiting. It is ended after the test. */
export function startSluice(t: Pick<TestContext, 'after'>, environment: Record<string, string>): StartedSluice {
  const { PATH = '', HOME = '' } = process.env
  const child = spawn('npm', ['start'], {
    cwd: checkout,
    env: { PATH, HOME, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  const keep = (chunk: Buffer) => {
    output += chunk.toString()
  }
  child.stdout.on('data', keep)
  child.stderr.on('data', keep)
  const ended = once(child, 'close').then(([code]) => code as number | null)
  defer(t, async () => {
    child.kill('SIGTERM')
    await ended
  })
  return {
    output: () => output,
    ended,
    signal: (name) => child.kill(name),
  }
}

/** Waits for the banner. */
export async function startedSluice(
  t: Pick<TestContext, 'after'>,
  environment: Record<string, string>,
): Promise<ReadySluice> {
  const started = startSluice(t, environment)
  const deadline = Date.now() + 60_000
  while (!started.output().includes('Ctrl-C')) {
    const ended = await Promise.race([started.ended.then(() => true), nextTurn()])
    if (ended === true) throw new Error(`npm start ended:\n${started.output()}`)
    if (Date.now() > deadline) throw new Error(`npm start was not ready within 60 s:\n${started.output()}`)
  }
  const find = (pattern: RegExp) => pattern.exec(started.output())?.[1] ?? ''
  return {
    ...started,
    base_url: find(/Console +(\S+)/),
    connect_path: new URL(find(/Connect link +(\S+)/)).pathname,
    data_directory: find(/Data +(\S+)/),
    sign_in_url: find(/Sign-in link +(\S+)/),
    api_key: find(/Admin API key +(sluice_\S+)/) || null,
  }
}

function nextTurn(): Promise<null> {
  return new Promise((resolve) => setTimeout(resolve, 20, null))
}

/** A port that was free a moment ago, on both loopbacks. */
export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const address = probe.address()
  probe.close()
  await once(probe, 'close')
  if (typeof address !== 'object' || address === null) throw new Error('no address')
  return address.port
}
