import { once } from 'node:events'
import { addAbortSignal } from 'node:stream'
import { text } from 'node:stream/consumers'
import { styleText } from 'node:util'

export type Style = 'bold' | 'dim' | 'red' | 'yellow' | 'green' | 'cyan'

/** Where a command speaks: data on stdout, everything else on stderr. */
export interface Terminal {
  /** Writes one line of data, and waits while the reader is slow. */
  print(line: string): Promise<void>
  /** Writes one or more lines for the person. */
  tell(text: string): void
  /** Styles text for `tell`; as it is when stderr is no terminal or NO_COLOR is set. */
  paint(style: Style, text: string): string
  /** Styles text for `print`; as it is when stdout is no terminal or NO_COLOR is set. */
  paintData(style: Style, text: string): string
  /** All of stdin, until its end or the abort. */
  readInput(): Promise<string>
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
  return {
    async print(line) {
      signal.throwIfAborted()
      if (!stdout.write(`${line}\n`)) await once(stdout, 'drain', { signal }).catch(() => signal.throwIfAborted())
    },
    tell: (text) => void stderr.write(`${text}\n`),
    paint: (style, text) => styleText(style, text, { stream: stderr }),
    paintData: (style, text) => styleText(style, text, { stream: stdout }),
    readInput: async () => await text(addAbortSignal(signal, stdin)),
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
