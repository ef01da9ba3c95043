// The small process that starts connectors for a server: a fork copies the page tables of who forks, which takes a
// server of 1 GB tens of milliseconds in which it answers nobody, and this process next to nothing. Programs are
// connected straight to the server; nothing that they write passes through here. When the server is gone, however it
// went, the channel closes, and all that was started here ends with its private directory.
import { createConnection, type Socket } from 'node:net'
import { basename, dirname } from 'node:path'
import { findBequests, removeAllBut, sealLeft } from '../bequest.ts'
import { StartError } from '../runtime.ts'
import { type Child, type ChildPlan, startChild } from './child.ts'
import { removeEmptyGroup } from './control-group.ts'
import { type FromSpawner, greeting, type ToSpawner } from './spawner-messages.ts'
import type { Channel } from './start-with-streams.ts'

const [, , socketPath = '', ownerDirectory = ''] = process.argv
const running = new Map<string, Child & { plan: ChildPlan }>()
const ownerGroups = new Set<string>()

const tell = (message: FromSpawner) => void (process.connected && process.send?.(message, () => {}))

async function start({ id, plan, channels }: Extract<ToSpawner, { type: 'start' }>): Promise<void> {
  const sockets = new Map<Channel, Socket>()
  try {
    await Promise.all(channels.map(async (channel) => sockets.set(channel, await connect(id, channel))))
    const child = await startChild(plan, [
      sockets.get('stdin') ?? 'ignore',
      sockets.get('stdout') ?? 'ignore',
      sockets.get('stderr') ?? 'ignore',
      // Node makes 0 to 2 blocking for the program, and no others; so what it writes to 3 is passed on from here.
      sockets.has('result') ? 'pipe' : 'ignore',
    ])
    running.set(id, { ...child, plan })
    if (plan.cgroup) ownerGroups.add(dirname(plan.cgroup))
    const result = sockets.get('result')
    if (result) {
      sockets.delete('result')
      child.process.stdio[3]?.pipe(result)
    }
    tell({ type: 'started', id, pid: child.process.pid ?? 0 })
    void child.exited.then((exit) => {
      running.delete(id)
      tell({ type: 'exited', id, exit })
    })
  } catch (error) {
    const reason = error instanceof StartError ? error.message : `cannot be started: ${String(error)}`
    tell({ type: 'refused', id, reason })
  } finally {
    for (const socket of sockets.values()) socket.destroy()
  }
}

async function connect(id: string, channel: Channel): Promise<Socket> {
  const socket = createConnection({ path: socketPath, allowHalfOpen: true })
  // Read by the program alone, so not even begun to be read here.
  socket.pause()
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject)
    socket.write(greeting(id, channel), () => resolve())
  })
  socket.on('error', () => {})
  return socket
}

process.on('message', (message: ToSpawner) => {
  if (message.type === 'start') void start(message)
  else running.get(message.id)?.stop(message.grace_ms)
})
// The owner decides when this ends, not who presses Ctrl-C in its terminal or ends its group.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})
process.once('disconnect', () => void end())

async function leave({ exited, plan }: Child & { plan: ChildPlan }): Promise<void> {
  await exited
  if (plan.bequest) await sealLeft(plan.directory, plan.bequest).catch(() => {})
}

async function end(): Promise<void> {
  for (const child of running.values()) child.killNow()
  await Promise.all([...running.values()].map(leave))
  const kept = await findBequests(ownerDirectory)
  await removeAllBut(
    ownerDirectory,
    kept.map((directory) => basename(directory)),
  ).catch(() => {})
  for (const group of ownerGroups) removeEmptyGroup(group)
  process.exit()
}

tell({ type: 'ready' })
