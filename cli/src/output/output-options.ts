import { defaulted, flag } from '../command.ts'
import { atLeastOne } from '../option-values.ts'

/** For whatever prints records. */
export const outputOptions = {
  json: flag('print JSON, one line for each'),
  quiet: flag('print ids only'),
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
