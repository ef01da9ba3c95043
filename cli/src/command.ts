// A command is data: its options are a table from which the parser, the help text and the types of `run` are made.
import type { Terminal } from './terminal.ts'

export interface Option<T> {
  help: string
  /** Written without a name, in the order of the table. `repeated` ones come last and take all that is left. */
  positional: boolean
  /** `<file>`; null for switches. */
  placeholder: string | null
  /** May be given several times; the value is a list. */
  repeated: boolean
  /** Written as `--no-…`; the value is true unless it is given. */
  negated: boolean
  required: boolean
  default: T | undefined
  /** How the default reads in the help text; null: as it is. */
  default_text: string | null
  /** A second long name: what flowctl calls it. */
  alias: string | null
  /** @throws InvalidArgumentError of commander. */
  parse(text: string): T
}

/** Scripts give these two to any command. */
export interface OutputSwitches {
  json: Option<boolean>
  quiet: Option<boolean>
}

export type OptionTable = Record<string, Option<unknown>> & OutputSwitches

export type OptionValues<O extends OptionTable> = { [Key in keyof O]: O[Key] extends Option<infer T> ? T : never }

export interface Command<O extends OptionTable = OptionTable> {
  /** `['raw', 'oauth']`, or `['login']` for what stands alone. */
  path: readonly [name: string] | readonly [group: string, name: string]
  summary: string
  /** Paragraphs above the options. */
  description: string
  options: O
  /** Options that are refused, with the reason and what to do instead; their values are never echoed. */
  refused_options?: Record<string, string>
  /** Command lines, without the program's name. */
  examples: readonly string[]
  /** Imports what it needs by itself, so that `--help` loads nothing. */
  run(options: OptionValues<O>, terminal: Terminal): Promise<void>
}

export function defineCommand<O extends OptionTable>(command: Command<O>): Command<O> {
  return command
}

const asText = (text: string) => text
const plain = {
  positional: false,
  placeholder: null,
  repeated: false,
  negated: false,
  required: false,
  default: undefined,
  default_text: null,
  alias: null,
}

/** `--json`: false unless given. */
export function flag(help: string): Option<boolean> {
  return { ...plain, help, parse: () => true }
}

/** `--no-open` for the key `open`: true unless given. */
export function negatedFlag(help: string): Option<boolean> {
  return { ...plain, help, negated: true, parse: () => false }
}

/** One argument without a name, such as `<file>`. */
export function operand(placeholder: string, help: string): Option<string> {
  return { ...plain, positional: true, placeholder, help, required: true, parse: asText }
}

/** One argument without a name that may be left out, such as `[connector]`. */
export function optionalOperand(placeholder: string, help: string): Option<string | undefined> {
  return { ...plain, positional: true, placeholder, help, parse: asText }
}

/** One or more arguments without a name, such as `<file...>`; the last in a command. */
export function operands(placeholder: string, help: string): Option<string[]> {
  return { ...plain, positional: true, repeated: true, placeholder, help, required: true, parse: (text) => [text] }
}

/** An option that may be given several times, or with several values between commas. */
export function repeatable(placeholder: string, help: string): Option<string[]> {
  const parse = (text: string) => text.split(',').map((part) => part.trim())
  return { ...plain, placeholder, help, repeated: true, default: [], default_text: null, parse }
}

/** An option that must be given. */
export function required(placeholder: string, help: string): Option<string> {
  return { ...plain, placeholder, help, required: true, parse: asText }
}

/** An option that may be left out. */
export function optional(placeholder: string, help: string, details?: { alias?: string }): Option<string | undefined>
export function optional<T>(
  placeholder: string,
  help: string,
  details: { alias?: string; parse: (text: string) => T },
): Option<T | undefined>
export function optional<T>(
  placeholder: string,
  help: string,
  { alias, parse }: { alias?: string; parse?: (text: string) => T } = {},
): Option<T | string | undefined> {
  return { ...plain, placeholder, help, alias: alias ?? null, parse: parse ?? asText }
}

/** An option with a value of its own when left out. */
export function defaulted<T>(
  placeholder: string,
  help: string,
  details: { parse: (text: string) => T; default: T; default_text?: string },
): Option<T> {
  const { parse, default: value, default_text = null } = details
  return { ...plain, placeholder, help, parse, default: value, default_text }
}
