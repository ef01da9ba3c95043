import { createHash, timingSafeEqual } from 'node:crypto'

/** What of an HTTP request decides whether it is the answer that is waited for. */
export interface AskedRequest {
  method: string
  /** As on the request line. */
  target: string
  host: string
}

export interface ExpectedAnswer {
  /** Path of the redirect URI. */
  path: string
  /** Spellings of the Host header that are ours, lower case. */
  hosts: readonly string[]
  state: string
  /** What the provider calls it. */
  state_name: string
}

/** Why a request is not the answer. */
export type Ignored = 'other_host' | 'other_path' | 'not_get' | 'no_state' | 'wrong_state' | 'other_user' | 'second'

/**
 * Decides by the request alone. The Host header comes first: a page that had its name rebound to this address by DNS
 * is told nothing.
 */
export function judgeRequest(asked: AskedRequest, expected: ExpectedAnswer): URLSearchParams | Ignored {
  if (!expected.hosts.includes(asked.host.toLowerCase())) return 'other_host'
  const [path, ...query] = asked.target.split('?')
  if (path !== expected.path) return 'other_path'
  if (asked.method !== 'GET') return 'not_get'
  const parameters = new URLSearchParams(query.join('?'))
  const states = parameters.getAll(expected.state_name)
  if (states.length === 0) return 'no_state'
  // RFC 6749 §3.1: parameters must not be repeated.
  return states.length === 1 && sameText(states[0] ?? '', expected.state) ? parameters : 'wrong_state'
}

/** Compares as digests of equal length, in constant time. */
function sameText(left: string, right: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(left), digest(right))
}
