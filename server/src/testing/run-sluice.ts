import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

const SLUICE = fileURLToPath(new URL('../../../cli/bin/sluice.mjs', import.meta.url))

/** Runs the command beside a server as a person would, to its end. */
export async function runSluice(args: string[], env: Record<string, string>) {
  const child = spawn(process.execPath, [SLUICE, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
  })
  const ended = once(child, 'close')
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), ended])
  return { code: code as number | null, stdout, stderr }
}
