import { ApiProblem } from './api-problem.ts'

const DEFAULT_LIMIT = 50
const MAX_LIMIT = 200

interface Row {
  id: string
  updated_at: string
}

export interface RecordPage<T> {
  data: T[]
  next_cursor: string | null
}

/**
 * One page of `rows`, which are ordered by `updated_at`, then `id`.
 *
 * Query: `limit` (1 to 200, default 50), `cursor` (`next_cursor` of the page before), `updated_since` (RFC 3339 date or
 * date-time, inclusive).
 *
 * @throws ApiProblem 400 naming the parameter.
 */
export function pageOfRecords<T extends Row>(rows: readonly T[], query: URLSearchParams): RecordPage<T> {
  const limit = readLimit(query.get('limit'))
  const since = readInstant(query.get('updated_since'))
  const after = readCursor(query.get('cursor'))

  const matching = rows.filter((row) => row.updated_at >= since && (after === null || position(row) > after))
  const data = matching.slice(0, limit)
  const last = data.at(-1)
  const next_cursor = last === undefined || matching.length <= limit ? null : encodeCursor(position(last))
  return { data, next_cursor }
}

function position(row: Row): string {
  return `${row.updated_at} ${row.id}`
}

function encodeCursor(text: string): string {
  return Buffer.from(text).toString('base64url')
}

function readCursor(cursor: string | null): string | null {
  if (cursor === null) return null
  const text = Buffer.from(cursor, 'base64url').toString()
  if (!/^\d{4}-\d\d-\d\dT[\d:.]+Z \w+$/.test(text)) {
    throw new ApiProblem(400, 'invalid_cursor', '`cursor` must be the `next_cursor` of a page before.')
  }
  return text
}

function readLimit(limit: string | null): number {
  if (limit === null) return DEFAULT_LIMIT
  const number = Number(limit)
  if (!Number.isInteger(number) || number < 1 || number > MAX_LIMIT) {
    throw new ApiProblem(400, 'invalid_limit', `\`limit\` must be a whole number from 1 to ${MAX_LIMIT}.`)
  }
  return number
}

function readInstant(instant: string | null): string {
  if (instant === null) return ''
  const epochMs = /^\d{4}-\d\d-\d\d(T[\d:.]+(Z|[+-]\d\d:\d\d))?$/.test(instant) ? Date.parse(instant) : Number.NaN
  if (Number.isNaN(epochMs)) {
    throw new ApiProblem(400, 'invalid_updated_since', '`updated_since` must be an RFC 3339 date or date-time.')
  }
  return new Date(epochMs).toISOString()
}
