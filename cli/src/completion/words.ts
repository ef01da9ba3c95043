// What there is to complete, read off the commands' own tables, so that a new command or option is known at once.
import type { Command, Option } from '../command.ts'
import { optionName } from '../option-name.ts'

export interface CompletedOption {
  /** `--source`. */
  name: string
  help: string
  takes: 'nothing' | 'file' | 'value'
}

export interface CompletedCommand {
  /** Null for what stands alone, such as `login`. */
  group: string | null
  name: string
  summary: string
  options: CompletedOption[]
  /** Whether arguments without a name are files. */
  takes_files: boolean
}

export function completedCommands(commands: readonly Command[]): CompletedCommand[] {
  return commands.map(({ path: [first, second], summary, options }) => ({
    group: second === undefined ? null : first,
    name: second ?? first,
    summary,
    options: Object.entries(options).flatMap(([key, option]) => completedOption(key, option)),
    takes_files: Object.values(options).some((option) => option.positional && isFile(option)),
  }))
}

function completedOption(key: string, option: Option<unknown>): CompletedOption[] {
  if (option.positional) return []
  const takes = option.placeholder === null ? 'nothing' : isFile(option) ? 'file' : 'value'
  const names = [optionName(key, option), ...(option.alias === null ? [] : [`--${option.alias}`])]
  return names.map((name) => ({ name, help: option.help, takes }))
}

function isFile({ placeholder }: Option<unknown>): boolean {
  return placeholder !== null && /file|directory|path|yaml/.test(placeholder)
}
