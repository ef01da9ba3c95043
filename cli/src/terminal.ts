import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { addAbortSignal } from 'node:stream'
import { text } from 'node:stream/consumers'
import { styleText } from 'node:util'

export type Style = 'bold' | 'dim' | 'red' | 'yellow' | 'green' | 'cyan'

/** Where a command speaks: data on stdout, everything else on stderr. */
export interface Terminal {
  /** Writes one line of data, and waits while the reader is slow. */
  print(line: string): Promise<void>
  /** Writes one or more lines that the person needs: warnings, errors, addresses to open. */
  tell(text: string): void
  /** Writes lines that are good to know; nothing with --quiet. */
  note(text: string): void
  /** Shows a line that the next one replaces, where a person sees stderr; null takes it away. */
  status(text: string | null): void
  /** Styles text for `tell`; as it is when stderr is no terminal or NO_COLOR is set. */
  paint(style: Style, text: string): string
  /** Styles text for `print`; as it is when stdout is no terminal or NO_COLOR is set. */
  paintData(style: Style, text: string): string
  /** All of stdin, until its end or the abort. */
  readInput(): Promise<string>
  /** Lines of stdin as they come, until its end or the abort. */
  readLines(): AsyncIterable<string>
  /** Has something done before the command ends, however it ends; the last comes first. */
  atEnd(work: () => Promise<void>): void
  /** Does it. Called once, by who runs the command. */
  end(): Promise<void>
  /** A person sits at stdin and stderr, and can be asked. */
  can_ask: boolean
  /** A person sees stderr. */
  is_watched: boolean
  /** Aborted with a CliError when the command must end. */
  signal: AbortSignal
  /** The environment as it was at the start. */
  env: NodeJS.ProcessEnv
}

/** Also takes the secrets out of the environment, which child processes (the browser) would inherit. */
export function openTerminal(
  { stdin, stdout, stderr, env }: Pick<NodeJS.Process, 'stdin' | 'stdout' | 'stderr' | 'env'>,
  signal: AbortSignal,
): Terminal {
  const environment = { ...env }
  const endings: (() => Promise<void>)[] = []
  for (const name of ['SLUICE_CLIENT_SECRET', 'SLUICE_API_KEY', 'DATABASE_URL']) delete env[name]
  let status = ''
  const show = (text: string) => {
    if (status !== text) stderr.write(`\r\u001b[2K${text}`)
    status = text
  }
  const tell = (text: string) => {
    show('')
    stderr.write(`${text}\n`)
  }
  return {
    async print(line) {
      if (stdout.isTTY) show('')
      signal.throwIfAborted()
      if (!stdout.write(`${line}\n`)) await once(stdout, 'drain', { signal }).catch(() => signal.throwIfAborted())
    },
    tell,
    note: tell,
    status(text) {
      if (stderr.isTTY) show(text?.slice(0, stderr.columns - 1) ?? '')
    },
    paint: (style, text) => styleText(style, text, { stream: stderr }),
    paintData: (style, text) => styleText(style, text, { stream: stdout }),
    readInput: async () => await text(addAbortSignal(signal, stdin)),
    readLines: () => createInterface({ input: addAbortSignal(signal, stdin), crlfDelay: Infinity }),
    atEnd: (work) => void endings.unshift(work),
    async end() {
      for (const work of endings.splice(0)) await work()
    },
    can_ask: Boolean(stdin.isTTY && stderr.isTTY),
    is_watched: Boolean(stderr.isTTY),
    signal,
    env: environment,
  }
}

/** The same terminal for a command with --quiet. */
export function quieted(terminal: Terminal): Terminal {
  return { ...terminal, note: () => {}, status: () => {} }
}
