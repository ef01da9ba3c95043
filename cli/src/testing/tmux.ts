// The real command on a real terminal: tmux draws it, types into it and tells what is on the screen.
import { execFile, execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const SLUICE = fileURLToPath(new URL('../../bin/sluice.mjs', import.meta.url))

/** Why tests on a terminal cannot run here; false when they can. Give it to `test` as `skip`. */
export const without_tmux: string | false = (() => {
  try {
    execFileSync('tmux', ['-V'])
    return false
  } catch {
    return 'needs tmux'
  }
})()

export interface OnTerminal {
  /** The first match on the screen, as soon as it is there. */
  shows(pattern: RegExp): Promise<RegExpExecArray>
  type(text: string): Promise<void>
  /** `Enter`, `C-c` */
  press(key: string): Promise<void>
  /** The exit code. */
  ended(): Promise<number>
  close(): Promise<void>
}

/** Starts the command in a terminal of its own; close it afterwards. */
export async function startOnTerminal(args: string[], env: Record<string, string> = {}): Promise<OnTerminal> {
  const name = `sluice-test-${randomUUID()}`
  const tmux = (...more: string[]) => run('tmux', ['-L', name, '-f', '/dev/null', ...more])
  const quote = (word: string) => `'${word.replaceAll("'", "'\\''")}'`
  const command = [process.execPath, SLUICE, ...args].map(quote).join(' ')
  const variables = Object.entries({ PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', ...env })
  const set = variables.map(([key, value]) => `${key}=${quote(value)}`).join(' ')
  await tmux(
    'new-session',
    '-d',
    '-x',
    '300',
    '-y',
    '80',
    `env -i TERM=xterm ${set} ${command}; echo "exit code $?;"; cat`,
  )
  const shows: OnTerminal['shows'] = async (pattern) => {
    for (;;) {
      const { stdout } = await tmux('capture-pane', '-p', '-J')
      const match = pattern.exec(stdout)
      if (match !== null) return match
      const over = /exit code \d+;/.exec(stdout)
      if (over !== null) throw new Error(`Ended without ${pattern}:\n${stdout}`)
    }
  }
  return {
    shows,
    type: async (text) => void (await tmux('send-keys', '-l', text)),
    press: async (key) => void (await tmux('send-keys', key)),
    ended: async () => Number((await shows(/exit code (\d+);/))[1]),
    close: async () => void (await tmux('kill-server').catch(() => {})),
  }
}
