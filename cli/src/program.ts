import { Option as CommanderOption, Command as Program } from 'commander'
import { CliError } from './cli-error.ts'
import type { Command, Option, OptionTable, OptionValues } from './command.ts'
import { GROUPS } from './commands/index.ts'
import { EXIT_CODES } from './exit-codes.ts'
import { optionName } from './option-name.ts'
import { VERSION } from './version.ts'

/** Makes commander's parser of the commands. It throws CommanderError instead of exiting, and prints no errors. */
export function buildProgram(
  commands: readonly Command[],
  run: (command: Command, values: OptionValues<OptionTable>) => Promise<void>,
): Program {
  const program = new Program('sluice')
    .description('OAuth for data connectors: authorize a source, then run its connector with the secrets injected.')
    .version(VERSION)
    .helpCommand(false)
    .exitOverride()
    .configureOutput({ outputError: () => {} })
    .addHelpText('after', () => `\nExit codes:\n${exitCodes()}\n\nEach command tells more: sluice raw oauth --help`)
  const groups = new Map(
    Object.entries(GROUPS).map(([name, description]) => [
      name,
      program.command(name).description(description).helpCommand(false),
    ]),
  )
  for (const command of commands) {
    const [first, second] = command.path
    const added = (second === undefined ? program.command(first) : (groups.get(first) ?? program).command(second))
      .summary(command.summary)
      .description(unfold(command.description))
      .allowExcessArguments(false)
      .addHelpText('after', `\nExamples:\n${command.examples.map((line) => `  $ sluice ${line}`).join('\n')}`)
      .addHelpText('after', '\nExit codes: sluice --help')
    for (const [key, option] of Object.entries(command.options)) {
      if (option.positional) added.argument(option.placeholder ?? key, option.help)
      else added.addOption(commanderOption(key, option))
    }
    added.action(async () => await run(command, readValues(command.options, added.opts(), added.args)))
  }
  return program
}

function commanderOption(key: string, option: Option<unknown>): CommanderOption {
  const name = optionName(key, option)
  const flags = [option.alias && `--${option.alias}`, option.placeholder ? `${name} ${option.placeholder}` : name]
  const made = new CommanderOption(flags.filter(Boolean).join(', '), option.help)
  if (option.repeated) made.argParser((text, given) => asList(given).concat(asList(option.parse(text))))
  else if (option.placeholder !== null) made.argParser((text) => option.parse(text))
  if (option.default !== undefined && !option.repeated) made.default(option.default, option.default_text ?? undefined)
  return made
}

// Not left to commander, which would speak of a missing option before an unknown one.
function readValues(
  options: OptionTable,
  given: Record<string, unknown>,
  operands: string[],
): OptionValues<OptionTable> {
  const left = [...operands]
  const values = Object.entries(options).map(([key, option]) => {
    if (option.positional) return [key, option.repeated ? left.splice(0) : left.shift()]
    const value = given[key] ?? (option.placeholder === null ? false : option.repeated ? [] : undefined)
    if (value !== undefined || !option.required) return [key, value]
    const next_action = `Add ${optionName(key, option)} ${option.placeholder}: ${option.help}.`
    throw new CliError('usage', `${optionName(key, option)} is missing.`, { next_action })
  })
  // Every table has the two, and each option its value.
  return Object.fromEntries(values) as OptionValues<OptionTable>
}

function asList(value: unknown): unknown[] {
  return Array.isArray(value) ? value : []
}

/** Paragraphs are written in lines of their own; the help text wraps them by the width of the terminal. */
function unfold(text: string): string {
  return text.replace(/([^\n])\n(?=[^\n])/g, '$1 ')
}

function exitCodes(): string {
  return Object.values(EXIT_CODES)
    .map(({ code, meaning }) => `  ${String(code).padEnd(5)}${meaning}`)
    .join('\n')
}
