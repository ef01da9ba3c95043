// The one place that exits the process.
import { CliError } from './cli-error.ts'
import { EXIT_CODES } from './exit-codes.ts'
import { runCli } from './run-cli.ts'
import { openTerminal } from './terminal.ts'

/** npm passes the terminal's Ctrl-C on once more; only what comes later is a person who will not wait. */
const ECHO_MS = 1_000

const stop = new AbortController()
let stoppedAt = 0
const end = (error: CliError) => {
  if (!stop.signal.aborted) {
    stoppedAt = performance.now()
    stop.abort(error)
  } else if (performance.now() - stoppedAt > ECHO_MS) process.exit(EXIT_CODES[error.exit].code)
}
process.on('SIGINT', () => end(new CliError('interrupted', 'Interrupted. Nothing is left running here.')))
process.on('SIGTERM', () => end(new CliError('terminated', 'Told to stop. Nothing is left running here.')))
process.stdout.on('error', () => end(new CliError('output_closed', 'Nobody reads the output any more.')))
process.stderr.on('error', () => {})

const exit = await runCli(process.argv.slice(2), openTerminal(process, stop.signal))
const { code } = EXIT_CODES[exit]
// What is still on its way to stdout is waited for, unless nobody reads there.
if (exit === 'output_closed') process.exit(code)
process.stdout.end(() => process.exit(code))
