// Questions to the person at the terminal, on stderr.
import { CliError } from './cli-error.ts'
import type { Terminal } from './terminal.ts'

/** Clack gives a symbol for Ctrl-C. */
export function answered<T>(value: T): Exclude<T, symbol> {
  if (typeof value === 'symbol') throw new CliError('interrupted', 'Given up. Nothing is left running.')
  return value as Exclude<T, symbol> // TypeScript does not narrow type parameters
}

/**
 * Before what cannot be undone: goes on with `--yes`, or once the person agrees.
 *
 * @throws CliError `usage` without a terminal to ask on, `interrupted` when the answer is no
 */
export async function confirmed(question: string, { yes }: { yes: boolean }, terminal: Terminal): Promise<void> {
  if (yes) return
  if (!terminal.can_ask) {
    throw new CliError('usage', `Not done without consent: ${question}`, { next_action: 'Add --yes to consent.' })
  }
  const { confirm } = await import('@clack/prompts')
  const { signal } = terminal
  const answer = await confirm({ message: question, initialValue: false, output: process.stderr, signal })
  if (!answered(answer)) throw new CliError('interrupted', 'Nothing was done.')
}
