import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

const SLUICE = fileURLToPath(new URL('../../../cli/bin/sluice.mjs', import.meta.url))

/** Runs the command beside a server as a person would, to its end; without logins unless XDG_CONFIG_HOME has some. */
export async function runSluice(args: string[], env: Record<string, string>, { stdin = '' }: { stdin?: string } = {}) {
  const child = spawn(process.execPath, [SLUICE, ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, HOME: process.env.HOME, XDG_CONFIG_HOME: '/dev/null', ...env },
  })
  child.stdin.on('error', () => {}).end(stdin)
  const ended = once(child, 'close')
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), ended])
  return { code: code as number | null, stdout, stderr }
}
