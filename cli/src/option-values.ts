import { InvalidArgumentError } from 'commander'

const SECONDS = { s: 1, m: 60, h: 3600 }
const LONGEST_SECONDS = 24 * 3600

/** A TCP port; 0 takes a free one. */
export function port(text: string): number {
  return wholeNumber(text, 0, 65_535)
}

export function atLeastOne(text: string): number {
  return wholeNumber(text, 1, Number.MAX_SAFE_INTEGER)
}

/** `90s`, `5m`, `1h` or a bare number of seconds, in milliseconds. */
export function duration(text: string): number {
  const [, amount, unit] = /^(\d{1,6})([smh]?)$/.exec(text) ?? []
  const seconds = Number(amount) * SECONDS[(unit || 's') as keyof typeof SECONDS] // the pattern allows no other unit
  if (!(seconds >= 1 && seconds <= LONGEST_SECONDS)) {
    throw new InvalidArgumentError('Write 90s, 5m or 1h; at most 24h.')
  }
  return seconds * 1000
}

/** `12h` or `90d`, in milliseconds. */
export function days(text: string): number {
  const [, amount, unit] = /^(\d{1,5})([hd])$/.exec(text) ?? []
  const hours = Number(amount) * (unit === 'd' ? 24 : 1)
  if (hours >= 1) return hours * 3_600_000
  throw new InvalidArgumentError('Write 12h or 90d.')
}

/** `1,3,-1`: how many transactions each session has; -1 leaves one unbounded. */
export function transactionCounts(text: string): number[] {
  const counts = text.split(',').map((part) => part.trim())
  if (counts.every((count) => /^(-1|\d{1,9})$/.test(count))) return counts.map(Number)
  throw new InvalidArgumentError('Write whole numbers between commas, such as 1,3,-1; -1 leaves a session unbounded.')
}

function wholeNumber(text: string, least: number, most: number): number {
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN
  if (value >= least && value <= most) return value
  throw new InvalidArgumentError(
    most === Number.MAX_SAFE_INTEGER
      ? `Write a whole number from ${least}.`
      : `Write a number from ${least} to ${most}.`,
  )
}
