import { defaulted, flag } from '../command.ts'
import { atLeastOne } from '../option-values.ts'

/** For whatever prints records. */
export const outputOptions = {
  json: flag('print JSON, one line for each'),
  quiet: flag('print ids only'),
}

const quiet = flag('tell warnings and errors alone')

/** For what prints data of one form alone. */
export const dataOptions = { json: flag('print JSON lines, as it does in any case'), quiet }

/** For what does something and prints nothing. */
export const reportOptions = { json: flag('print what was done as one JSON line'), quiet }

export interface ReportOptions {
  json: boolean
}

export interface OutputOptions {
  json: boolean
  quiet: boolean
}

/** For lists in pages. */
export const listOptions = {
  limit: defaulted('<number>', 'how many at most, the newest first', { parse: atLeastOne, default: 100 }),
  ...outputOptions,
}

export interface ListOptions extends OutputOptions {
  limit: number
}
