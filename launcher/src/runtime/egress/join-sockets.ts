import type { Duplex } from 'node:stream'
import { pipeline } from 'node:stream/promises'

/** Carries what each says to the other until both have ended; each may end first and still listen. An error ends both. */
export async function joinSockets(one: Duplex, other: Duplex): Promise<void> {
  await Promise.allSettled([pipeline(one, other), pipeline(other, one)])
  one.destroy()
  other.destroy()
}
