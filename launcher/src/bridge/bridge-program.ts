// Python that the launcher brings: it lies in the private directory beside the connector's other files, so that any
// runtime can start it, and takes its orders by stdin, so that nothing secret stands in a command line.
import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import type { JsonObject } from '@sluice/connector-specs'
import { ConnectorError } from '../connector-error.ts'
import type { Launch } from '../launch.ts'
import { OutputFault } from '../output-fault.ts'
import { readJsonLine } from '../read-json-line.ts'
import { type Run, type RunListener, startRun } from '../run.ts'

const SCRIPT = 'bridge.py'

/** A command that starts Python itself, with the script that is to be hosted. */
export interface PythonCommand {
  python: string[]
  /** The module or program, with arguments of its own. */
  script: string[]
}

/** `[python3, -u, main.py]` taken apart; null when the command does not start Python itself. */
export function pythonCommand(command: readonly string[]): PythonCommand | null {
  const [program = '', ...rest] = command
  if (!/^(python|pypy)[\d.]*$/.test(basename(program))) return null
  const script = rest.findIndex((part) => !part.startsWith('-'))
  return script === -1 ? null : { python: [program, ...rest.slice(0, script)], script: rest.slice(script) }
}

export interface BridgeOptions {
  /** The bridge's text. */
  source: URL
  python: string[]
  /** The first line that it is given; told the private directory. */
  orders(directory: string): JsonObject
  /** Whether more lines follow. */
  keep_open?: boolean
}

/** Starts a bridge and gives it its orders. */
export async function startBridge(
  launch: Launch,
  { source, python, orders, keep_open = false }: BridgeOptions,
  listener: RunListener = {},
): Promise<Run> {
  const text = await readFile(source, 'utf8')
  const run = await startRun(
    { ...launch, command: python },
    {
      listener,
      files: {
        contents: () => ({ [SCRIPT]: text }),
        arguments: (directory) => ['-u', `${directory}/${SCRIPT}`],
      },
    },
  )
  run.send(orders(run.directory))
  if (!keep_open) run.endInput()
  return run
}

/** A line that a bridge printed. @throws OutputFault when it is something else */
export function readBridgeLine(line: Buffer): JsonObject {
  const value = readJsonLine(line)
  if (typeof value !== 'string') return value
  throw new OutputFault('a line that is no message', { code: 'malformed_output', line })
}

export function needsPython(launch: Launch): ConnectorError {
  const name = launch.name ?? launch.command[0] ?? ''
  return new ConnectorError(
    'not_found',
    `The command of ${name} does not start Python with a script. Write \`command: [python3, <script>.py]\`.`,
  )
}
