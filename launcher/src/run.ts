// One launched connector: requests in, messages out, every way of failing turned into a ConnectorError. When a function
// here throws, the connector is already gone.
import { basename } from 'node:path'
import { isJsonObject, type JsonObject, type Secret } from '@sluice/connector-specs'
import { type ConnectorProcess, type Exit, StartError, startProcess } from './child-process.ts'
import { ConnectorError, type ConnectorErrorCode } from './connector-error.ts'
import { followStderr } from './follow-stderr.ts'
import { DEFAULT_LIMITS, type Launch, type Limits, type LogEvent } from './launch.ts'
import { LineError, readLines } from './ndjson.ts'
import { escapeControls, shorten } from './printable.ts'
import { createRedactor, type Redactor } from './redactor.ts'
import { raced, within } from './waiting.ts'

const MAXIMUM_DEPTH = 200
const SHOWN_LINE = 200
/** How long output may still come after the exit: something that left the process group may hold the pipe. */
const DRAIN_MS = 1_000

export type Received = { kind: 'message'; message: JsonObject } | { kind: 'silent' } | { kind: 'end' }

export interface RunListener {
  onLog?(log: LogEvent): void
  onStatus?(message: string): void
  onConfigUpdate?(config: Secret<JsonObject>): void
}

export interface Run {
  limits: Limits
  send(request: JsonObject): void
  endInput(): void
  /**
   * The next message; `silent` when none came within `waitMs`; `end` when the connector exited with 0.
   * `during` completes the sentence "… while".
   */
  receive(waitMs: number, during: string): Promise<Received>
  /** Ends the connector if it still runs, and reads its last logs. */
  stop(): Promise<void>
  /** Ends the connector and gives the error to throw; `sentence` follows the connector's name. */
  fail(code: ConnectorErrorCode, sentence: string, cause?: unknown): Promise<ConnectorError>
  pauseLogs(): void
  resumeLogs(): void
}

/** @throws ConnectorError `not_found` when the program cannot be started, `canceled` when it must not be. */
export async function startRun(launch: Launch, listener: RunListener = {}): Promise<Run> {
  const limits = { ...DEFAULT_LIMITS, ...launch.limits }
  const redactor = createRedactor(launch.secrets)
  const name = nameOf(launch, redactor)
  if (launch.signal?.aborted) throw new ConnectorError('canceled', `${name} was canceled before it started.`)
  const connector = await start(launch, name, redactor)
  const stderr = followStderr(
    connector.stderr,
    redactor,
    {
      onLog(log) {
        launch.onLog?.(log)
        listener.onLog?.(log)
      },
      onStatus: (message) => listener.onStatus?.(message),
      onConfigUpdate(config) {
        launch.onConfigUpdate?.(config)
        listener.onConfigUpdate?.(config)
      },
    },
    limits.max_stderr_bytes,
  )
  const lines = readLines(connector.stdout, limits.max_line_bytes)

  const stop = async (): Promise<Exit> => {
    connector.stderr.resume()
    const exit = await connector.stop(limits.grace_ms)
    connector.stdout.destroy()
    await within(DRAIN_MS, stderr.ended)
    connector.stderr.destroy()
    await stderr.ended
    return exit
  }

  const fail = async (code: ConnectorErrorCode, sentence: string, cause?: unknown, exitCode?: number | null) => {
    await stop()
    const details = { exit_code: exitCode ?? null, stderr: stderr.tail(), cause }
    return new ConnectorError(code, `${name} ${redactor.redact(sentence)}`, details)
  }

  /** After stdout has ended: waits for the exit and judges it. */
  const ended = async (waitMs: number, during: string, fault: LineError | null): Promise<Received> => {
    connector.stderr.resume()
    const exit = await within(Math.min(waitMs, limits.timeout_ms), connector.exited)
    if (!exit) throw await fail('timeout', `closed its output and then did not exit, while ${during}.`)
    await within(DRAIN_MS, stderr.ended)
    if (exit.signal) {
      throw await fail(
        'killed',
        `was ended by ${exit.signal} while ${during}. Start it again; if it recurs, look at its memory use.`,
      )
    }
    if (exit.code !== 0) {
      const words = stderr.lastWords()
      const said = words ? `: ${shorten(words.split('\n')[0] ?? '', 500)}` : ', without a log on stderr'
      throw await fail('exited', `exited with code ${exit.code} while ${during}${said}`, undefined, exit.code)
    }
    if (fault) throw await malformed(fault, 0)
    return { kind: 'end' }
  }

  const malformed = (fault: LineError, exitCode?: number) => {
    const shown = `"${shorten(escapeControls(redactCut(redactor, fault.text)), SHOWN_LINE)}"`
    if (fault.fault === 'too_long') {
      return fail(
        'output_too_large',
        `printed a line longer than ${limits.max_line_bytes} bytes: ${shown}. Emit smaller documents, or raise max_line_bytes.`,
      )
    }
    const what = fault.fault === 'not_utf8' ? 'a line that is not UTF-8' : 'an unfinished last line'
    return fail('malformed_output', `printed ${what} on stdout: ${shown}. Mend the connector.`, undefined, exitCode)
  }

  const parse = async (line: string): Promise<Received> => {
    const message = parseObject(line)
    if (message) return { kind: 'message', message }
    const shown = shorten(escapeControls(redactor.redact(line)), SHOWN_LINE)
    throw await fail(
      'malformed_output',
      `printed something that is no protocol message on stdout: "${shown}". Logs belong on stderr.`,
    )
  }

  return {
    limits,
    send: (request) => void connector.stdin.write(`${JSON.stringify(request)}\n`),
    endInput: () => void connector.stdin.end(),
    async receive(waitMs, during) {
      const next = await raced(lines.next(), waitMs, launch.signal)
      if (next === 'silent') return { kind: 'silent' }
      if (next === 'canceled') throw await fail('canceled', `was canceled while ${during}.`, launch.signal?.reason)
      if (next instanceof LineError) {
        if (next.fault === 'unfinished') return await ended(waitMs, during, next)
        throw await malformed(next)
      }
      if (next instanceof Error) throw await fail('killed', `closed its output while ${during}.`, next)
      return next.done ? await ended(waitMs, during, null) : await parse(next.value)
    },
    stop: async () => void (await stop()),
    fail,
    pauseLogs: () => void connector.stderr.pause(),
    resumeLogs: () => void connector.stderr.resume(),
  }
}

async function start(launch: Launch, name: string, redactor: Redactor): Promise<ConnectorProcess> {
  try {
    return await startProcess(launch)
  } catch (cause) {
    if (!(cause instanceof StartError)) throw cause
    const why = escapeControls(redactor.redact(cause.message))
    throw new ConnectorError(
      'not_found',
      `${name} ${why}. Check the command [${shownCommand(launch, redactor)}] and that its program is installed.`,
      { cause },
    )
  }
}

/** Of a text whose end is missing, what is surely no part of a secret. */
function redactCut(redactor: Redactor, text: string): string {
  const stream = redactor.stream()
  return stream.push(text) + stream.cut()
}

function parseObject(line: string): JsonObject | null {
  try {
    const value: unknown = JSON.parse(line)
    return isJsonObject(value) && !isTooDeep(value) ? value : null
  } catch {
    return null
  }
}

/** Deeper than any document is, and than what walks it later can take. */
function isTooDeep(value: JsonObject): boolean {
  let level: unknown[] = [value]
  for (let depth = 0; depth <= MAXIMUM_DEPTH; depth += 1) {
    level = level.flatMap((item) => (typeof item === 'object' && item !== null ? Object.values(item) : []))
    if (level.length === 0) return false
  }
  return true
}

function nameOf(launch: Launch, redactor: Redactor): string {
  if (launch.name) return `The connector ${escapeControls(launch.name)}`
  const script = launch.command.find((part, index) => index > 0 && !part.startsWith('-')) ?? launch.command[0] ?? ''
  return `The connector ${shorten(escapeControls(redactor.redact(basename(script))), 80)}`
}

function shownCommand(launch: Launch, redactor: Redactor): string {
  return shorten(escapeControls(redactor.redact(launch.command.join(' '))), SHOWN_LINE)
}
