import { printableJson } from '../printable.ts'
import type { Terminal } from '../terminal.ts'
import type { ReportOptions } from './output-options.ts'

/** Tells what was done: a sentence for the person, and with `--json` one line on stdout. */
export async function report(
  done: object,
  sentence: string,
  { json }: ReportOptions,
  terminal: Terminal,
): Promise<void> {
  if (json) await terminal.print(printableJson(done))
  terminal.note(sentence)
}
