// What Singer programs log: Python's `LEVEL message`, Meltano's `time | LEVEL | logger | message`, and metrics in both.
import { isJsonObject, type JsonObject } from '@sluice/connector-specs'
import type { Metric } from '../events/run-event.ts'
import { levelNamed, readStderrLine, type StderrEntry } from '../stderr-log.ts'

const METRIC = /\bMETRIC: (\{.*\})\s*$/
const PYTHON = /^(DEBUG|INFO|WARNING|ERROR|CRITICAL)[: ]\s*(.*)$/
const MELTANO = /^[\d:., TZ+-]{8,40}\| *(DEBUG|INFO|WARNING|ERROR|CRITICAL) *\| *(.*)$/

export function readSingerStderrLine(line: string): StderrEntry {
  const metric = METRIC.exec(line)?.[1]
  const read = metric === undefined ? null : readMetric(metric)
  if (read) return { kind: 'metric', metric: read }
  const [, level, message] = PYTHON.exec(line) ?? MELTANO.exec(line) ?? []
  if (level === undefined || message === undefined) return readStderrLine(line)
  return { kind: 'log', level: levelNamed(level) ?? 'info', message, fields: {}, at: null, raw: true }
}

function readMetric(text: string): Metric | null {
  const metric = parse(text)
  if (!metric || typeof metric.metric !== 'string' || typeof metric.value !== 'number') return null
  const tags = isJsonObject(metric.tags) ? Object.entries(metric.tags) : []
  return {
    name: metric.metric,
    kind: metric.type === 'timer' ? 'timer' : 'counter',
    value: metric.value,
    tags: Object.fromEntries(
      tags.map(([key, value]) => [key, typeof value === 'string' ? value : JSON.stringify(value)]),
    ),
  }
}

function parse(text: string): JsonObject | null {
  try {
    const value: unknown = JSON.parse(text)
    return isJsonObject(value) ? value : null
  } catch {
    return null
  }
}
