// A connector's stderr as logs (contracts: Flow capture protocol, stderr): JSON lines with many spellings, raw lines
// with a level by their words. Two JSON logs are messages to the control plane rather than logs.
import { isJsonObject, type JsonObject, type JsonValue } from '@sluice/connector-specs'
import type { Metric } from './events/run-event.ts'
import type { LogLevel } from './launch.ts'

export type StderrEntry =
  | { kind: 'log'; level: LogLevel; message: string; fields: JsonObject; at: string | null; raw: boolean }
  | { kind: 'status'; message: string }
  | { kind: 'metric'; metric: Metric }
  | { kind: 'config_update'; config: JsonObject }
  /** A line that cannot be read but may carry a rotated config, so that it must not be shown. */
  | { kind: 'withheld'; reason: string }

export type ReadStderrLine = (line: string) => StderrEntry

const LEVELS: Record<string, LogLevel> = {
  trace: 'trace',
  debug: 'debug',
  info: 'info',
  information: 'info',
  notice: 'info',
  warn: 'warn',
  warning: 'warn',
  err: 'error',
  error: 'error',
  fatal: 'error',
  panic: 'error',
  critical: 'error',
}
const TELLS_ERROR = /error|failed|panic|timeout|unable|unrecogni[sz]ed/i

/** Reads one line of stderr. Nothing is redacted yet. */
export function readStderrLine(line: string): StderrEntry {
  const parsed = line.trimStart().startsWith('{') ? parseObject(line) : null
  if (parsed) return readJsonLog(parsed, line)
  if (line.includes('configUpdate')) {
    return { kind: 'withheld', reason: 'a config update that is not valid JSON was withheld' }
  }
  return { kind: 'log', level: levelOfText(line), message: line, fields: {}, at: null, raw: true }
}

function readJsonLog(log: JsonObject, line: string): StderrEntry {
  const { ts, timestamp, time, level, lvl, message, msg, fields, ...extras } = log
  const all = { ...extras, ...(isJsonObject(fields) ? fields : {}) }
  const said = message ?? msg
  const text = typeof said === 'string' ? said : said === undefined ? line : JSON.stringify(said)
  if (all.eventType === 'configUpdate') {
    return isJsonObject(all.config)
      ? { kind: 'config_update', config: all.config }
      : { kind: 'withheld', reason: 'a config update without a config object was withheld' }
  }
  if (all.eventType === 'connectorStatus') return { kind: 'status', message: text }
  return {
    kind: 'log',
    level: levelNamed(String(level ?? lvl)) ?? levelOfText(line),
    message: text,
    fields: all,
    at: instant(ts ?? timestamp ?? time),
    raw: false,
  }
}

/** The level that a connector calls so, in whatever spelling. */
export function levelNamed(name: string): LogLevel | null {
  const known = name.toLowerCase()
  return Object.hasOwn(LEVELS, known) ? (LEVELS[known] ?? null) : null
}

function levelOfText(text: string): LogLevel {
  return TELLS_ERROR.test(text) ? 'error' : 'warn'
}

function instant(value: JsonValue | undefined): string | null {
  if (typeof value !== 'string') return null
  const date = new Date(value)
  // Years beyond four digits are valid to Date, and to nobody who reads RFC 3339.
  return Number.isNaN(date.getTime()) || !/^\d{4}-/.test(date.toISOString()) ? null : date.toISOString()
}

function parseObject(line: string): JsonObject | null {
  try {
    const value: unknown = JSON.parse(line)
    return isJsonObject(value) ? value : null
  } catch {
    return null
  }
}
