import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

export const SLUICE = fileURLToPath(new URL('../../../cli/bin/sluice.mjs', import.meta.url))

export interface EndedSluice {
  code: number | null
  stdout: string
  stderr: string
}

export interface RunningSluice {
  /** The first match in stderr, as soon as it is there; fails when the command ends before. */
  says(pattern: RegExp): Promise<RegExpExecArray>
  interrupt(): void
  ended: Promise<EndedSluice>
}

/** Starts the command beside a server as a person would; without logins unless XDG_CONFIG_HOME has some. */
export function startSluice(args: string[], env: Record<string, string>, { stdin = '' }: { stdin?: string } = {}) {
  const child = spawn(process.execPath, [SLUICE, ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, HOME: process.env.HOME, XDG_CONFIG_HOME: '/dev/null', ...env },
  })
  const output = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output.stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output.stderr += text
    child.emit('said')
  })
  child.stdin.on('error', () => {}).end(stdin)
  const ended = once(child, 'close').then(([code]): EndedSluice => ({ code, ...output }))
  const running: RunningSluice = {
    ended,
    interrupt: () => void child.kill('SIGINT'),
    async says(pattern) {
      for (;;) {
        const match = pattern.exec(output.stderr)
        if (match !== null) return match
        const over = await Promise.race([once(child, 'said').then(() => false), ended.then(() => true)])
        if (over && !pattern.test(output.stderr)) throw new Error(`Ended without ${pattern}:\n${output.stderr}`)
      }
    },
  }
  return running
}

/** Runs the command to its end. */
export async function runSluice(...args: Parameters<typeof startSluice>): Promise<EndedSluice> {
  return await startSluice(...args).ended
}
