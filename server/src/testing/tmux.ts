// A real terminal for a command that asks questions.
import { execFileSync, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { defer } from './defer.ts'
import { temporaryDirectory } from './temporary-directory.ts'

export const withoutTmux = spawnSync('tmux', ['-V']).status === 0 ? false : 'tmux is not installed here'

const LOOK_MS = 50
const LIMIT_MS = 30_000

export interface Pane {
  /** Types text as it is. */
  type(text: string): void
  /** Presses keys by name: `Enter`, `Left`, `C-c`. */
  press(...keys: string[]): void
  /** The screen, as soon as it matches. */
  shows(pattern: RegExp): Promise<string>
}

/** Runs a command in a terminal of its own; the last screen stays after its end, with `[ended with 0]`. */
export function openPane(t: Pick<TestContext, 'after'>, command: string[], env: Record<string, string>): Pane {
  const socket = join(temporaryDirectory(t), 'tmux')
  const tmux = (...args: string[]) =>
    execFileSync('tmux', ['-S', socket, '-f', '/dev/null', ...args], { encoding: 'utf8', stdio: 'pipe' })
  const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`)
  tmux('new-session', '-d', '-x', '140', '-y', '50', 'sleep infinity')
  defer(t, async () => void tmux('kill-server'))
  const script = '"$@"; echo "[ended with $?]"; exec sleep infinity'
  tmux('respawn-pane', '-k', 'env', ...variables, 'sh', '-c', script, 'sh', ...command)
  return {
    type: (text) => void tmux('send-keys', '-l', text),
    press: (...keys) => void tmux('send-keys', ...keys),
    async shows(pattern) {
      const end = performance.now() + LIMIT_MS
      for (;;) {
        const screen = tmux('capture-pane', '-p')
        if (pattern.test(screen)) return screen
        if (performance.now() > end) throw new Error(`Never shown: ${pattern}\n${screen}`)
        await delay(LOOK_MS)
      }
    },
  }
}
