import type { JsonValue } from '@sluice/connector-specs'
import { type SecretPattern, secretParts, secretPattern } from './secret-patterns.ts'

export const REDACTED = '[redacted]'

/** Takes secret values, in every usual encoding, out of texts. Values of fewer than 4 characters are not searched for. */
export interface Redactor {
  redact(text: string): string
  /** The same for every string and key of a JSON value. */
  redactJson(value: JsonValue): JsonValue
  /** Redacts a text that comes in pieces, a secret cut by them included. */
  stream(): RedactingStream
  /** Learns more secrets, such as a token that was rotated during the run. */
  add(secrets: Iterable<string>): void
}

export interface RedactingStream {
  /** What may be shown by now; the end of the text is held back while it could be the start of a secret. */
  push(piece: string): string
  /** The rest, when the text is complete. */
  end(): string
  /** Drops the rest, when the text goes on but will not be read: its end could be half a secret. */
  cut(): string
}

export function createRedactor(secrets: Iterable<string>): Redactor {
  const patterns = new Map<string, SecretPattern>()
  const add = (values: Iterable<string>) => {
    for (const value of values) {
      for (const part of secretParts(value)) {
        const pattern = patterns.has(part) ? null : secretPattern(part)
        if (pattern) patterns.set(part, pattern)
      }
    }
  }
  const find = (text: string) => findSecrets(text, patterns.values())
  const redact = (text: string) => replaceRanges(text, find(text), text.length).text
  add(secrets)
  return {
    add,
    redact,
    redactJson: (value) => redactJson(value, redact),
    stream: () => redactingStream(find, () => longest(patterns.values())),
  }
}

interface Range {
  start: number
  end: number
}

function findSecrets(text: string, patterns: Iterable<SecretPattern>): Range[] {
  const found: Range[] = []
  for (const { expression } of patterns) {
    for (const match of text.matchAll(expression))
      found.push({ start: match.index, end: match.index + match[0].length })
  }
  return merge(found.sort((a, b) => a.start - b.start))
}

/** Ranges that overlap become one, so that no end of a secret stays behind another's. */
function merge(sorted: readonly Range[]): Range[] {
  const merged: Range[] = []
  for (const range of sorted) {
    const last = merged.at(-1)
    if (last && range.start < last.end) last.end = Math.max(last.end, range.end)
    else merged.push({ ...range })
  }
  return merged
}

/** Replaces the ranges that start before `until`; `read` is how much of the text the result stands for. */
function replaceRanges(text: string, ranges: readonly Range[], until: number): { text: string; read: number } {
  let result = ''
  let read = 0
  for (const { start, end } of ranges) {
    if (start >= until) break
    result += text.slice(read, start) + REDACTED
    read = end
  }
  const rest = Math.max(read, until)
  return { text: result + text.slice(read, rest), read: rest }
}

function redactingStream(find: (text: string) => Range[], longest: () => number): RedactingStream {
  let held = ''
  const take = (keep: number) => {
    const { text, read } = replaceRanges(held, find(held), Math.max(0, held.length - keep))
    held = held.slice(read)
    return text
  }
  return {
    push(piece) {
      held += piece
      return take(longest())
    },
    end: () => take(0),
    cut() {
      held = ''
      return '…'
    },
  }
}

function longest(patterns: Iterable<SecretPattern>): number {
  return Math.max(0, ...[...patterns].map(({ max_characters }) => max_characters))
}

function redactJson(value: JsonValue, redact: (text: string) => string): JsonValue {
  if (typeof value === 'string') return redact(value)
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((item) => redactJson(item, redact))
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [redact(key), redactJson(item, redact)]))
}
