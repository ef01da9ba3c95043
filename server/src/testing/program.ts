import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import type { TestContext } from 'node:test'
import { defer } from './defer.ts'

export interface Program {
  pid: number
  /** The first line that it printed. */
  first_line: string
  /** Closes its standard input and waits for its end. */
  finish(): Promise<void>
  /** Kills it outright (SIGKILL) and waits for its end. */
  kill(): Promise<void>
}

const PATIENCE_MS = 10_000

/**
 * Runs a TypeScript program until it has printed a line. The program is to end with its standard input, which is closed
 * after the test at the latest.
 */
export async function startProgram(
  t: Pick<TestContext, 'after'>,
  path: string,
  args: string[],
  options: { uid?: number; gid?: number; env?: Record<string, string> } = {},
): Promise<Program> {
  const child: ChildProcessByStdio<Writable, Readable, null> = spawn(process.execPath, [path, ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
    cwd: '/',
    ...options,
    env: { PATH: process.env.PATH, ...options.env },
  })
  const ended = once(child, 'exit')
  defer(t, async () => {
    child.stdin.end()
    const patience = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS)
    await ended
    clearTimeout(patience)
  })
  const line = await Promise.race([once(createInterface(child.stdout), 'line'), ended])
  const [first_line] = line
  if (typeof first_line !== 'string') throw new Error(`${path} ended without a word`)
  return {
    pid: child.pid ?? 0,
    first_line,
    async finish() {
      child.stdin.end()
      await ended
    },
    async kill() {
      child.kill('SIGKILL')
      await ended
    },
  }
}
