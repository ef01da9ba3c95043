import type { Readable } from 'node:stream'
import { isJsonObject, type JsonObject, type JsonValue, type Secret, secret } from '@sluice/connector-specs'
import type { Metric } from './events/run-event.ts'
import type { LogEvent, LogLevel } from './launch.ts'
import { escapeControls, shorten } from './printable.ts'
import type { Redactor } from './redactor.ts'
import { type ReadStderrLine, readStderrLine, type StderrEntry } from './stderr-log.ts'

const LINE_MAX_CHARACTERS = 1024 * 1024
const MESSAGE_MAX_CHARACTERS = 16 * 1024
const FIELDS_MAX_CHARACTERS = 16 * 1024
const OVERLONG_SHOWN = 1000

export interface StderrListener {
  onLog(log: LogEvent): void
  onStatus(message: string): void
  onMetric(metric: Metric): void
  onConfigUpdate(config: Secret<JsonObject>): void
}

export interface StderrFollower {
  /** The end of what was logged, redacted, one log a line. */
  tail(): string
  /** The last log of level error, else the last log; null when there was none. */
  lastWords(): string | null
  /** Tells a log that came another way; it counts like those of stderr. */
  log(level: LogLevel, message: string, fields?: JsonObject): void
  /** Learns a rotated config's texts, so that they are redacted from then on, and tells of it. */
  rotated(config: JsonObject): void
  /** Settles when stderr has ended. */
  ended: Promise<void>
}

/** Reads a connector's stderr to its end: logs redacted and printable, rotated configs as secrets and never as logs. */
export function followStderr(
  stream: Readable,
  redactor: Redactor,
  listener: StderrListener,
  options: { tail_characters: number; readLine?: ReadStderrLine | undefined },
): StderrFollower {
  const { tail_characters, readLine = readStderrLine } = options
  let tail = ''
  let last: LogEvent | null = null
  let coalescing: LogEvent | null = null

  const flush = () => {
    if (!coalescing) return
    const log = coalescing
    coalescing = null
    tail = `${tail}${tail ? '\n' : ''}${log.message}`.slice(-tail_characters)
    if (log.level === 'error' || last?.level !== 'error') last = log
    listener.onLog(log)
  }

  const rotated = (config: JsonObject) => {
    redactor.add(textsIn(config))
    listener.onConfigUpdate(secret(config))
  }

  const read = (line: string) => {
    if (line.trim() === '') return
    const entry = readLine(line)
    if (coalescing && isContinuation(entry)) {
      const more = showable(redactor, entry.message.trimEnd())
      if (coalescing.message.length + more.length < MESSAGE_MAX_CHARACTERS) coalescing.message += `\n${more}`
      return
    }
    flush()
    if (entry.kind === 'config_update') {
      rotated(entry.config)
    } else if (entry.kind === 'metric') {
      listener.onMetric(entry.metric)
    } else if (entry.kind === 'status') {
      listener.onStatus(showable(redactor, entry.message))
    } else {
      coalescing = toLog(redactor, entry)
      if (entry.kind === 'withheld' || !entry.raw) flush()
    }
  }

  const splitter = splitLines(read, (start) => read(overlong(redactor, start)))
  stream.on('data', (chunk: Buffer) => {
    splitter.push(chunk)
    flush()
  })
  const ended = new Promise<void>((resolve) => {
    const end = () => {
      splitter.end()
      flush()
      resolve()
    }
    stream.once('close', end)
    stream.on('error', () => {})
  })
  return {
    tail: () => tail,
    lastWords: () => last?.message ?? null,
    log(level, message, fields = {}) {
      flush()
      coalescing = toLog(redactor, { kind: 'log', level, message, fields, at: null, raw: false })
      flush()
    },
    rotated,
    ended,
  }
}

type RawLog = Extract<StderrEntry, { kind: 'log' }>

/** An indented raw line goes on with what stood before it, as the lines of a stack trace do. */
function isContinuation(entry: StderrEntry): entry is RawLog {
  return entry.kind === 'log' && entry.raw && /^[ \t]/.test(entry.message)
}

function toLog(redactor: Redactor, entry: Extract<StderrEntry, { kind: 'log' | 'withheld' }>): LogEvent {
  const now = new Date().toISOString()
  if (entry.kind === 'withheld') return { level: 'warn', message: entry.reason, fields: {}, at: now }
  const fields =
    JSON.stringify(entry.fields).length > FIELDS_MAX_CHARACTERS
      ? { dropped: 'the fields of this log were too long' }
      : escapeJson(redactor.redactJson(entry.fields))
  return {
    level: entry.level,
    message: showable(redactor, entry.message),
    fields: isJsonObject(fields) ? fields : {},
    at: entry.at ?? now,
  }
}

function showable(redactor: Redactor, text: string): string {
  // A tab indents a stack trace and moves nothing but the column, so it becomes spaces rather than an escape.
  return shorten(escapeControls(redactor.redact(text).replaceAll('\t', '  ')), MESSAGE_MAX_CHARACTERS)
}

function overlong(redactor: Redactor, start: string): string {
  if (start.trimStart().startsWith('{')) return 'a log line that is too long was dropped'
  const stream = redactor.stream()
  return shorten(stream.push(start) + stream.cut(), OVERLONG_SHOWN)
}

function escapeJson(value: JsonValue): JsonValue {
  if (typeof value === 'string') return escapeControls(value)
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(escapeJson)
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [escapeControls(key), escapeJson(item)]))
}

/** Every text of a rotated config of a token's length; which of them are new secrets cannot be known here. */
function textsIn(value: JsonValue): string[] {
  if (typeof value === 'string') return value.length >= 8 ? [value] : []
  if (typeof value !== 'object' || value === null) return []
  return Object.values(value).flatMap((item) => textsIn(item ?? null))
}

function splitLines(onLine: (line: string) => void, onOverlong: (start: string) => void) {
  const decoder = new TextDecoder('utf-8')
  let line = ''
  let skipping = false
  const push = (text: string) => {
    const pieces = text.split('\n')
    for (const [index, piece] of pieces.entries()) {
      if (index > 0) {
        if (!skipping) onLine(line.replace(/\r$/, ''))
        line = ''
        skipping = false
      }
      if (skipping) continue
      line += piece
      if (line.length <= LINE_MAX_CHARACTERS) continue
      onOverlong(line)
      line = ''
      skipping = true
    }
  }
  return {
    push: (chunk: Buffer) => push(decoder.decode(chunk, { stream: true })),
    end() {
      push(decoder.decode())
      if (line && !skipping) onLine(line)
      line = ''
    },
  }
}
