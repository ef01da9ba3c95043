import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable, Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'

const SLUICE = fileURLToPath(new URL('../../bin/sluice.mjs', import.meta.url))

export interface RunningSluice {
  child: ChildProcessByStdio<Writable, Readable, Readable>
  stdout(): string
  stderr(): string
  /** The first match in stderr, as soon as it is there; fails when the command ends before. */
  says(pattern: RegExp): Promise<RegExpExecArray>
  ended: Promise<Ended>
}

export interface Ended {
  code: number | null
  stdout: string
  stderr: string
}

/** Starts the real command as a child process without a terminal. `stdin` null leaves it open. */
export function startSluice(
  args: string[],
  {
    env = {},
    stdin = '',
    node = [],
    cwd = process.cwd(),
  }: { env?: Record<string, string>; stdin?: string | null; node?: string[]; cwd?: string } = {},
): RunningSluice {
  const child = spawn(process.execPath, [...node, SLUICE, ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
    cwd,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
  })
  const output = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output.stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output.stderr += text
    child.emit('said')
  })
  child.stdin.on('error', () => {})
  if (stdin !== null) child.stdin.end(stdin)
  const ended = once(child, 'close').then(([code]): Ended => ({ code, ...output }))
  return {
    child,
    stdout: () => output.stdout,
    stderr: () => output.stderr,
    ended,
    async says(pattern) {
      for (;;) {
        const match = pattern.exec(output.stderr)
        if (match !== null) return match
        const over = await Promise.race([once(child, 'said').then(() => false), ended.then(() => true)])
        if (over && !pattern.test(output.stderr)) throw new Error(`Ended without ${pattern}:\n${output.stderr}`)
      }
    },
  }
}

/** Runs the command to its end. */
export async function runSluice(...args: Parameters<typeof startSluice>): Promise<Ended> {
  return await startSluice(...args).ended
}
