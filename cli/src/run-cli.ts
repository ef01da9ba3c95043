import { CommanderError } from 'commander'
import { CliError } from './cli-error.ts'
import type { Command, OptionTable, OptionValues } from './command.ts'
import { COMMANDS } from './commands/index.ts'
import { EXIT_CODES, type Exit } from './exit-codes.ts'
import { printable } from './printable.ts'
import { buildProgram } from './program.ts'
import { quieted, type Terminal } from './terminal.ts'

/** Runs the command that the arguments name, and says on stderr why it failed if it did. */
export async function runCli(args: string[], terminal: Terminal): Promise<Exit> {
  try {
    refuseOptions(args)
    const program = buildProgram(COMMANDS, (command, values) => runToEnd(command, values, terminal))
    await program.parseAsync(args, { from: 'user' })
    return 'done'
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 'done'
    if (error instanceof CommanderError && error.code === 'commander.help') return 'usage'
    const failure = await failureOf(error, terminal.signal)
    if (failure.exit !== 'output_closed') report(failure, terminal)
    return failure.exit
  }
}

async function runToEnd(command: Command, values: OptionValues<OptionTable>, terminal: Terminal): Promise<void> {
  try {
    await command.run(values, values.quiet ? quieted(terminal) : terminal)
  } finally {
    await terminal.end()
  }
}

/** Before anything is parsed, so that no value is echoed. */
function refuseOptions(args: readonly string[]): void {
  for (const { refused_options = {} } of COMMANDS) {
    for (const [name, why] of Object.entries(refused_options)) {
      if (args.some((arg) => arg === `--${name}` || arg.startsWith(`--${name}=`))) throw new CliError('usage', why)
    }
  }
}

async function failureOf(error: unknown, signal: AbortSignal): Promise<CliError> {
  if (signal.aborted && signal.reason instanceof CliError) return signal.reason
  if (error instanceof CliError) return error
  if (error instanceof CommanderError) return usageError(error)
  const { describeFailure } = await import('./describe-failure.ts')
  return describeFailure(error)
}

/** What was typed is not repeated beyond the option's name: it may be a secret in the wrong place. */
function usageError(error: CommanderError): CliError {
  const message =
    error.code === 'commander.excessArguments'
      ? 'This command takes options only, no further arguments.'
      : error.message
          .replace(/^error: /, '')
          .replace(/=[^']*'/, "'")
          .replaceAll('\n', ' ')
  return new CliError('usage', message, { next_action: 'See the options with --help.', cause: error })
}

function report({ message, next_action, exit }: CliError, terminal: Terminal): void {
  terminal.tell(`${terminal.paint('red', 'error:')} ${printable(message)}`)
  if (next_action !== null) terminal.tell(`  ${next_action.split('\n').map(printable).join('\n  ')}`)
  terminal.tell(terminal.paint('dim', `  (exit code ${EXIT_CODES[exit].code})`))
}
