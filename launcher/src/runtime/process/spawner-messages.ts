// What the owner and its spawner say to each other over the channel of a forked Node process.
import type { Exit } from '../runtime.ts'
import type { ChildPlan } from './child.ts'
import type { Channel } from './start-with-streams.ts'

export type ToSpawner =
  | { type: 'start'; id: string; plan: ChildPlan; channels: Channel[] }
  | { type: 'stop'; id: string; grace_ms: number }

export type FromSpawner =
  | { type: 'ready' }
  | { type: 'started'; id: string; pid: number }
  | { type: 'refused'; id: string; reason: string }
  | { type: 'exited'; id: string; exit: Exit }

/** A connection says first whose it is: the id and the channel, padded to this many bytes. */
export const GREETING_BYTES = 32

export function greeting(id: string, channel: Channel): string {
  return `${id} ${channel}`.padEnd(GREETING_BYTES)
}

/** @returns null for what is no greeting */
export function readGreeting(text: string): { id: string; channel: Channel } | null {
  const [, id, channel] = /^([A-Za-z0-9_-]+) (stdin|stdout|stderr|result) *$/.exec(text) ?? []
  return id && channel ? { id, channel: channel as Channel } : null
}
