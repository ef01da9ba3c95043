// One launched connector: input in, whole lines out, every way of failing turned into a ConnectorError. When a function
// here throws, the connector is already gone.
import { basename } from 'node:path'
import type { Writable } from 'node:stream'
import type { JsonObject, Secret } from '@sluice/connector-specs'
import { ConnectorError, type ConnectorErrorCode, type ConnectorErrorDetails } from './connector-error.ts'
import type { Metric } from './events/run-event.ts'
import { followStderr } from './follow-stderr.ts'
import { type Framing, LINES } from './framing.ts'
import { gatherChunks } from './gather-chunks.ts'
import { DEFAULT_LIMITS, type Launch, type Limits, type LogEvent, type LogLevel } from './launch.ts'
import { CONFIG_FILE, followLaunch, leaseAdditions } from './lease/leased-launch.ts'
import { LineError } from './ndjson.ts'
import { escapeControls, shorten } from './printable.ts'
import { createRedactor, type Redactor } from './redactor.ts'
import { localRuntime } from './runtime/local-runtime.ts'
import { type Exit, type Program, type RunningProgram, type Runtime, StartError } from './runtime/runtime.ts'
import type { ReadStderrLine } from './stderr-log.ts'
import { raced, within } from './waiting.ts'

const SHOWN_LINE = 200
const SHOWN_BYTES = 8192
const INPUT_AHEAD_BYTES = 1024 * 1024
/** How long output may still come after the exit: something that left the process group may hold the pipe. */
const DRAIN_MS = 1_000

/** `lines` are whole, and good until the next are received; `end`: the connector is gone, and `rest` is what followed its last newline. */
export type Received = { kind: 'lines'; lines: Buffer } | { kind: 'silent' } | { kind: 'end'; exit: Exit; rest: Buffer }

export interface RunListener {
  onLog?(log: LogEvent): void
  onStatus?(message: string): void
  onMetric?(metric: Metric): void
  onConfigUpdate?(config: Secret<JsonObject>): void
}

/** What lies in the connector's private directory beside what it caches there itself. */
export interface PrivateFiles {
  /** Contents by name, given the directory. Each is a writable regular file of mode 0600. */
  contents(directory: string): Record<string, string>
  /** The arguments that follow the command, given the directory as the connector sees it. */
  arguments(directory: string): string[]
  /** Names of those that are read back when the connector has ended, however it ended. */
  harvest?: readonly string[]
}

/** What a protocol adds to a launch. */
export interface RunOptions {
  listener?: RunListener
  files?: PrivateFiles
  /** Hears once, before the run is over, what a harvested file holds; null when it was gone. */
  onHarvest?(run: Pick<Run, 'log' | 'rotated'>, name: string, content: Buffer | null): void
  env?: Record<string, string>
  /** Ports of our loopback at which something serves this connector alone. */
  own_ports?: readonly number[]
  /** Stands before the command, given the private directory. */
  before?(directory: string): string[]
  readStderrLine?: ReadStderrLine
  /** What stdout is made of; lines when absent. */
  framing?: Framing
}

export interface Run {
  limits: Limits
  /** Gives the connector input; settles once more may be given and a buffer be used again. Never fails: how it ended is told by `receive`. */
  write(input: string | Buffer): Promise<void>
  send(request: JsonObject): void
  endInput(): void
  /** The next lines; `silent` when none came within `waitMs`. `during` completes the sentence "… while". */
  receive(waitMs: number, during: string): Promise<Received>
  /** Takes an exit for what it means. @throws ConnectorError unless it was 0 */
  judge(exit: Exit, during: string): Promise<void>
  /** Ends the connector if it still runs, and reads its last logs. */
  stop(): Promise<void>
  /** Ends the connector and gives the error to throw; `sentence` follows the connector's name. */
  fail(code: ConnectorErrorCode, sentence: string, details?: ConnectorErrorDetails): Promise<ConnectorError>
  /** The same for a line that breaks the protocol; it is shown redacted and shortened. */
  failLine(line: Buffer, what: string, advice: string, details?: ConnectorErrorDetails): Promise<ConnectorError>
  /** Tells a log of the connector that did not come by stderr. */
  log(level: LogLevel, message: string, fields?: JsonObject): void
  /** The text as it may be shown. */
  showable(text: string): string
  /** Learns a config that the connector rotated by itself, and passes it on. */
  rotated(config: JsonObject): void
  /** The private directory as the connector sees it. */
  directory: string
  /** A file of the private directory, while the connector runs; null when there is none. */
  readFile(name: string): Promise<Buffer | null>
  pauseLogs(): void
  resumeLogs(): void
}

/** @throws ConnectorError `not_found` when the program cannot be started, `canceled` when it must not be. */
export async function startRun(launch: Launch, options: RunOptions = {}): Promise<Run> {
  const limits = { ...DEFAULT_LIMITS, ...launch.limits }
  const redactor = createRedactor(launch.secrets)
  const name = nameOf(launch, redactor)
  if (launch.signal?.aborted) throw new ConnectorError('canceled', `${name} was canceled before it started.`)
  const runtime = launch.runtime ?? localRuntime()
  let tellRefused = (_message: string) => {}
  const onRefused = (message: string) => tellRefused(message)
  const connector = await start(launch, options, { runtime, name, redactor, onRefused })
  const { bequest } = launch
  followLaunch(launch.lease, connector, {
    files: options.files?.contents(connector.directory) ?? {},
    redactor,
    runtime,
    async onRenewed() {
      if (bequest) await connector.keepNote?.(await bequest.note())
    },
  })
  let keeping = Promise.resolve()
  /** What is told is kept before it is given on: whoever hears of it may be killed over it. */
  const passOn = (config: Secret<JsonObject>) => {
    if (!bequest) return launch.onConfigUpdate?.(config)
    const kept = keeping.then(() => connector.keepTold?.(JSON.stringify(config.reveal())))
    keeping = kept.catch(() => {}).then(() => launch.onConfigUpdate?.(config))
  }
  const { listener = {}, framing = LINES } = options
  const stderr = followStderr(
    connector.stderr,
    redactor,
    {
      onLog(log) {
        launch.onLog?.(log)
        listener.onLog?.(log)
      },
      onStatus: (message) => listener.onStatus?.(message),
      onMetric: (metric) => listener.onMetric?.(metric),
      onConfigUpdate(config) {
        passOn(config)
        listener.onConfigUpdate?.(config)
      },
    },
    { tail_characters: limits.max_stderr_bytes, readLine: options.readStderrLine },
  )
  tellRefused = (message) => stderr.log('warn', message)
  const lines = framing.readWhole(gatherChunks(connector.stdout), limits.max_line_bytes)
  let exit: Exit | null = null
  const over = connector.exited.then(async (exited) => {
    for (const file of options.files?.harvest ?? []) options.onHarvest?.(stderr, file, await connector.readFile(file))
    exit = exited
    return exited
  })
  let tellGone = () => {}
  void over.then(() => tellGone())

  const stop = async (): Promise<Exit> => {
    connector.stderr.resume()
    void connector.stop(limits.grace_ms)
    const exited = await over
    connector.stdout.destroy()
    await within(DRAIN_MS, stderr.ended)
    connector.stderr.destroy()
    await stderr.ended
    await keeping
    if (bequest && (await bequest.settled())) await connector.release?.()
    return exited
  }

  const fail: Run['fail'] = async (code, sentence, details = {}) => {
    await stop()
    return new ConnectorError(code, `${name} ${redactor.redact(sentence)}`, { ...details, stderr: stderr.tail() })
  }

  const failLine: Run['failLine'] = (line, what, advice, details) => {
    const shown = shorten(escapeControls(redactCut(redactor, line)), SHOWN_LINE)
    const code = what.startsWith(`a ${framing.unit} longer`) ? 'output_too_large' : 'malformed_output'
    return fail(code, `printed ${what} on stdout: "${shown}". ${advice}`, details)
  }

  /** After stdout has ended: waits for the exit. */
  const ended = async (waitMs: number, during: string, rest: Buffer): Promise<Received> => {
    connector.stderr.resume()
    const exited = await within(Math.min(waitMs, limits.timeout_ms), over)
    if (!exited) throw await fail('timeout', `closed its output and then did not exit, while ${during}.`)
    await within(DRAIN_MS, stderr.ended)
    return { kind: 'end', exit: exited, rest }
  }

  // No Promise.race with what lives as long as the run: each would leave something behind.
  const orGone = <T>(promise: Promise<T>) =>
    new Promise<T | 'gone'>((resolve, reject) => {
      tellGone = () => resolve('gone')
      promise.then(resolve, reject)
    })

  let pending: Promise<IteratorResult<Buffer, Buffer>> | null = null
  /** Lines, or the end of them; `gone` when the program is, and perhaps more lines are on their way. */
  const next = async (waitMs: number) => {
    pending ??= lines.next()
    const result = await raced(exit ? pending : orGone(pending), waitMs, launch.signal)
    if (result === 'gone' || result === 'silent' || result === 'canceled') return result
    pending = null
    return result
  }

  return {
    limits,
    async write(input) {
      if (connector.stdin && !connector.stdin.destroyed) await writeAhead(connector.stdin, input)
    },
    send: (request) => void connector.stdin?.write(`${JSON.stringify(request)}\n`),
    endInput: () => void connector.stdin?.end(),
    async receive(waitMs, during) {
      let result = await next(waitMs)
      if (result === 'gone') result = await next(Math.min(waitMs, DRAIN_MS))
      if (result === 'silent' && exit) return await ended(waitMs, during, Buffer.alloc(0))
      if (result === 'silent' || result === 'gone') return { kind: 'silent' }
      if (result === 'canceled') {
        throw await fail('canceled', `was canceled while ${during}.`, { cause: launch.signal?.reason })
      }
      if (result instanceof LineError) {
        const what = `a ${framing.unit} longer than ${limits.max_line_bytes} bytes`
        throw await failLine(result.bytes, what, framing.advice)
      }
      if (result instanceof Error) throw await fail('killed', `closed its output while ${during}.`, { cause: result })
      return result.done ? await ended(waitMs, during, result.value) : { kind: 'lines', lines: result.value }
    },
    async judge({ code, signal, limit }, during) {
      if (limit) {
        const used = { memory: 'its memory (memory_bytes)', time: 'its time (time_ms)' }[limit]
        throw await fail('killed', `used up ${used} while ${during}. Allow it more, or give it less to do.`)
      }
      if (signal) {
        const advice = 'Start it again; if it recurs, look at its memory use.'
        throw await fail('killed', `was ended by ${signal} while ${during}. ${advice}`)
      }
      if (code === 0) return
      const words = stderr.lastWords()
      const said = words ? `: ${shorten(words.split('\n')[0] ?? '', 500)}` : ', without a log on stderr'
      throw await fail('exited', `exited with code ${code} while ${during}${said}`, { exit_code: code })
    },
    stop: async () => void (await stop()),
    fail,
    failLine,
    log: stderr.log,
    showable: (text) => escapeControls(redactor.redact(text)),
    rotated: stderr.rotated,
    directory: connector.directory,
    readFile: (file) => connector.readFile(file),
    pauseLogs: () => void connector.stderr.pause(),
    resumeLogs: () => void connector.stderr.resume(),
  }
}

/**
 * Writes, and waits while more than `INPUT_AHEAD_BYTES` are on their way: so much that neither we nor the connector stand
 * still whenever the other gets to run. A buffer's memory is the giver's: it is waited for until it is written. Settles
 * too when the connector will read no more.
 */
async function writeAhead(stdin: Writable, input: string | Buffer): Promise<void> {
  const written = new Promise<void>((resolve) => void stdin.write(input, () => resolve()))
  if (typeof input !== 'string' || stdin.writableLength > INPUT_AHEAD_BYTES) await written
}

interface Starting {
  runtime: Runtime
  name: string
  redactor: Redactor
  onRefused(message: string): void
}

async function start(
  launch: Launch,
  { env, own_ports, files, before }: RunOptions,
  { runtime, name, redactor, onRefused }: Starting,
): Promise<RunningProgram> {
  const note = await launch.bequest?.note()
  const describe = (directory: string): Program => {
    const leased = leaseAdditions(launch.lease, runtime, directory)
    const contents = { ...leased.files, ...files?.contents(directory) }
    return {
      name: launch.name ?? 'connector',
      command: [...launch.command, ...(files?.arguments(directory) ?? [])],
      ...(before && { before: before(directory) }),
      cwd: launch.cwd,
      env: { ...leased.env, ...env, ...launch.env },
      files: contents,
      harvest: files?.harvest ?? [],
      stdin: 'pipe',
      ...(launch.image !== undefined && { image: launch.image }),
      ...(launch.replaces_entrypoint && { replaces_entrypoint: true }),
      ...(launch.resources && { limits: launch.resources }),
      ...(launch.hosts && { hosts: launch.hosts, onRefused }),
      ...(own_ports && { own_ports }),
      ...(launch.bequest &&
        note !== undefined && {
          bequest: { note, key: launch.bequest.key, files: CONFIG_FILE in contents ? [CONFIG_FILE] : [] },
        }),
    }
  }
  try {
    return await runtime.start(describe)
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

/** Of a line whose end may be missing, what is surely no part of a secret. */
function redactCut(redactor: Redactor, line: Buffer): string {
  const stream = redactor.stream()
  const start = stream.push(line.subarray(0, SHOWN_BYTES).toString('utf8'))
  return line.length > SHOWN_BYTES ? start + stream.cut() : start + stream.end()
}

function nameOf(launch: Launch, redactor: Redactor): string {
  if (launch.name) return `The connector ${escapeControls(launch.name)}`
  const script = launch.command.find((part, index) => index > 0 && !part.startsWith('-')) ?? launch.command[0] ?? ''
  return `The connector ${shorten(escapeControls(redactor.redact(basename(script))), 80)}`
}

function shownCommand(launch: Launch, redactor: Redactor): string {
  return shorten(escapeControls(redactor.redact(launch.command.join(' '))), SHOWN_LINE)
}
