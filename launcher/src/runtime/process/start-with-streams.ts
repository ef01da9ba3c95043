import type { Readable, Writable } from 'node:stream'
import { type Child, type ChildPlan, startChild } from './child.ts'

/** Which descriptors a program gets; `result` is 3. The others are closed. */
export type Channel = 'stdin' | 'stdout' | 'stderr' | 'result'

export interface Streams {
  stdin: Writable | null
  stdout: Readable
  stderr: Readable
  result: Readable | null
}

export interface Started {
  child: Child
  streams: Streams
}

/** Starts a program as a child of this process. @throws StartError */
export async function spawnHere(plan: ChildPlan, channels: readonly Channel[]): Promise<Started> {
  const order: Channel[] = ['stdin', 'stdout', 'stderr', 'result']
  const child = await startChild(
    plan,
    order.map((channel) => (channels.includes(channel) ? 'pipe' : 'ignore')),
  )
  const [stdin, stdout, stderr, result] = child.process.stdio
  // What was asked for as a pipe is a stream; stdout and stderr always are.
  return { child, streams: { stdin, stdout, stderr, result: result ?? null } as Streams }
}
