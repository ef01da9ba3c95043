import type { LookupAddress } from 'node:dns'

/** Addresses of a name; fails when there are none. */
export type Lookup = (host: string) => Promise<LookupAddress[]>

/**
 * Looks names up one after the other, and a name that is asked for meanwhile once for all who ask: look-ups take threads
 * of which the whole process has few, and names below a declared suffix that are answered slowly could take them all.
 */
export function lookUpInTurn(lookup: Lookup): Lookup {
  const asked = new Map<string, Promise<LookupAddress[]>>()
  let last: Promise<unknown> = Promise.resolve()
  return (host) => {
    const before = asked.get(host)
    if (before !== undefined) return before
    const answer = last.then(() => lookup(host)).finally(() => asked.delete(host))
    last = answer.catch(() => {})
    asked.set(host, answer)
    return answer
  }
}
