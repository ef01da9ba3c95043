import type { JsonValue } from './json.ts'

export interface Lifetime {
  expires_in?: JsonValue | undefined
  expires_at?: JsonValue | undefined
}

/** Longer is no lifetime that anybody states in earnest, and may leave the range of dates. */
const MAX_SECONDS = 100 * 365 * 86_400

/**
 * When the access token expires: `now` plus `expires_in` times `unit` seconds (RFC 6749 §5.1), else `expires_at`, which some providers
 * send instead: seconds or milliseconds since 1970, or an ISO date.
 *
 * Numbers may come as text, fractions are cut. Null, which means "no lifetime stated", for whatever is missing, not a
 * number, not positive (Mailchimp sends 0 for tokens that do not expire) or beyond a hundred years: a token response is
 * never given up over its lifetime, because its code is spent.
 */
export function readExpiry(reply: Lifetime, now: Date, unit = 1): Date | null {
  const expires_in = readNumber(reply.expires_in)
  if (expires_in !== null && expires_in <= 0) return null
  const until =
    expires_in === null ? readInstant(reply.expires_at) : now.getTime() + Math.trunc(expires_in * unit) * 1000
  return until === null || until > now.getTime() + MAX_SECONDS * 1000 ? null : new Date(until)
}

function readNumber(value: JsonValue | undefined): number | null {
  if (typeof value === 'number') return value
  return typeof value === 'string' && /^\s*[+-]?\d+(\.\d+)?\s*$/.test(value) ? Number(value) : null
}

/** Milliseconds since 1970. A number below 1e11 counts seconds: as milliseconds it would lie before March 1973. */
function readInstant(value: JsonValue | undefined): number | null {
  const number = readNumber(value)
  const instant =
    number !== null ? number * (number < 1e11 ? 1000 : 1) : Date.parse(typeof value === 'string' ? value : '')
  return Number.isFinite(instant) && instant > 0 ? instant : null
}
