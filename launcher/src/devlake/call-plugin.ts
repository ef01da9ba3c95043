import type { JsonObject, JsonValue } from '@sluice/connector-specs'
import type { z } from 'zod'
import { needsPython, pythonCommand, readBridgeLine, startBridge } from '../bridge/bridge-program.ts'
import { ConnectorError } from '../connector-error.ts'
import { failureOf, followOutput, type OutputEnd } from '../events/follow-output.ts'
import { createTeller, type Teller, type ToldEvent } from '../events/teller.ts'
import { DEFAULT_LIMITS, type Launch } from '../launch.ts'
import { splitLines } from '../ndjson.ts'
import { OutputFault } from '../output-fault.ts'

const BRIDGE = new URL('./bridge.py', import.meta.url)
/** Every call's first argument. */
const HOST_CONFIG = { log_level: 'info' }
const DATABASE = 'devlake.db'

export interface PluginCall {
  method: string
  /** Given the SQLite database of this run, for the plugin's `db_url`. */
  arguments(db_url: string): JsonValue[]
}

export type PluginAnswer =
  | { kind: 'result'; call: number; result: JsonValue }
  | { kind: 'row'; table: string; row: JsonObject }

/**
 * Runs calls one after the other on one database, and yields what they answer on descriptor 3; then, when `rows` are
 * wanted, what stands in the database's domain tables.
 *
 * @throws ConnectorError, also when the plugin would have to be given secrets by its command line without leave
 */
export async function* callPlugin(
  launch: Launch,
  { calls, rows, during, idle_ms }: { calls: readonly PluginCall[]; rows: boolean; during: string; idle_ms?: number },
  teller: Teller = createTeller(),
): AsyncGenerator<PluginAnswer | ToldEvent, void, void> {
  const hosted = pythonCommand(launch.command)
  if (!hosted && !launch.secrets_in_arguments) throw exposed(launch)
  const orders = (directory: string): JsonObject => ({
    script: hosted?.script ?? [...launch.command],
    in_process: hosted !== null,
    calls: calls.map(({ method, arguments: of }) => ({
      method,
      arguments: [HOST_CONFIG, ...of(`sqlite:///${directory}/${DATABASE}`)],
    })),
    export: rows ? `${directory}/${DATABASE}` : null,
    linger_seconds: (launch.limits?.timeout_ms ?? DEFAULT_LIMITS.timeout_ms) / 1000,
  })
  const run = await startBridge(
    launch,
    { source: BRIDGE, python: hosted?.python ?? ['python3'], orders },
    teller.listener,
  )
  if (!hosted)
    run.log('warn', 'This plugin takes its secrets by the command line, where others on this host can read them.')
  try {
    const silence = idle_ms ?? run.limits.timeout_ms
    const end: OutputEnd = yield* followOutput(run, teller, { idle_ms: silence, during }, hear)
    if (end.kind === 'silent') {
      throw await run.fail('timeout', `said nothing for ${silence / 1000} s while ${during}. Look at its log.`)
    }
    await run.judge(end.exit, during)
    yield* hear(end.rest)
  } catch (error) {
    throw await failureOf(run, error)
  } finally {
    await run.stop()
    yield* teller.told()
  }
}

/** The one answer of one call. @throws ConnectorError `protocol` when there is none, or it does not fit */
export async function askPlugin<T>(
  launch: Launch,
  call: { method: string; arguments: JsonValue[] },
  answer: z.ZodType<T>,
): Promise<T> {
  const all = await askPluginForAll(launch, call, answer)
  const [first] = all
  if (first === undefined || all.length > 1) {
    const name = launch.name ?? 'The plugin'
    throw new ConnectorError('protocol', `The connector ${name} answered ${call.method} ${all.length} times. Mend it.`)
  }
  return first
}

/** Every answer of one call. */
export async function askPluginForAll<T>(
  launch: Launch,
  { method, arguments: given }: { method: string; arguments: JsonValue[] },
  answer: z.ZodType<T>,
): Promise<T[]> {
  const found: T[] = []
  const calls = [{ method, arguments: () => given }]
  for await (const event of callPlugin(launch, { calls, rows: false, during: `answering ${method}` })) {
    if (!('kind' in event) || event.kind !== 'result') continue
    const read = answer.safeParse(event.result)
    if (!read.success) {
      const place = read.error.issues[0]?.path.join('.') ?? ''
      const message = `The connector ${launch.name ?? ''} answered ${method} with something else: ${place} is missing or wrong. Mend it.`
      throw new ConnectorError('protocol', message)
    }
    found.push(read.data)
  }
  return found
}

function* hear(lines: Buffer): Generator<PluginAnswer> {
  for (const line of splitLines(lines)) {
    if (line.length === 0) continue
    const { call, result, exit, table, row } = readBridgeLine(line)
    if (typeof table === 'string')
      yield { kind: 'row', table, row: row as JsonObject } // the bridge writes an object
    else if (exit === undefined) {
      if (typeof call !== 'number' || result === undefined) throw new OutputFault('printed what is no answer. Mend it.')
      yield { kind: 'result', call, result }
    }
  }
}

function exposed(launch: Launch): ConnectorError {
  const { message } = needsPython(launch)
  return new ConnectorError(
    'refused',
    `${message} A plugin with a start script of its own gets its secrets by the command line, where others on this host ` +
      'can read them: allow it by `secretsInArguments: true`.',
    { verdict: 'connector_broken' },
  )
}
