// The owner's side of the spawner (spawner-main.ts): what it starts is connected to the owner's socket.
import { type ChildProcess, fork } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import type { Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import { type Exit, StartError } from '../runtime.ts'
import { type Child, type ChildPlan, endLeftovers } from './child.ts'
import { killNow } from './leftovers.ts'
import { type OwnerDirectory, ownerSocket } from './owner-directory.ts'
import { type FromSpawner, GREETING_BYTES, readGreeting, type ToSpawner } from './spawner-messages.ts'
import type { Channel, Started, Streams } from './start-with-streams.ts'

export interface Spawner {
  /** @throws StartError */
  start(plan: ChildPlan, channels: readonly Channel[]): Promise<Started>
  /** Ends it with all that it started. */
  close(): void
}

interface Pending {
  /** Who starts it. */
  by: ChildProcess
  plan: ChildPlan
  sockets: Map<Channel, Socket>
  started: PromiseWithResolvers<number>
  connected: PromiseWithResolvers<void>
  exited: PromiseWithResolvers<Exit>
  pid: number
  wanted: number
}

/** Starts the spawner, and again when it was ended. */
export function createSpawner(owner: OwnerDirectory): Spawner {
  const runs = new Map<string, Pending>()
  let spawner = forkSpawner()

  function forkSpawner(): ChildProcess {
    const child = fork(
      fileURLToPath(new URL('spawner-main.ts', import.meta.url)),
      [ownerSocket(owner.path), owner.path],
      {
        detached: true,
        stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
        env: {},
        execArgv: [],
      },
    )
    child.on('message', (message: FromSpawner) => hear(message))
    child.on('error', () => {})
    child.once('exit', () => lose(child))
    release(child)
    return child
  }

  /** What was started by a spawner that is gone has nobody to tell its end. */
  function lose(child: ChildProcess): void {
    for (const [id, { by, plan, pid, started, exited }] of runs) {
      if (by !== child) continue
      runs.delete(id)
      if (pid) killNow(-pid)
      started.reject(new StartError('cannot be started: the process that starts connectors was ended'))
      const end = () => exited.resolve({ code: null, signal: 'SIGKILL' })
      endLeftovers(plan, true).then(end, end)
    }
  }

  function hear(message: FromSpawner): void {
    if (message.type === 'ready') return
    const run = runs.get(message.id)
    if (!run) return
    if (message.type === 'started') {
      run.pid = message.pid
      run.started.resolve(message.pid)
    } else if (message.type === 'exited') {
      run.exited.resolve(message.exit)
      // A program may have ended before its connections are known here.
      void run.connected.promise.then(() => forget(message.id))
    } else {
      run.started.reject(new StartError(message.reason))
      forget(message.id)
    }
  }

  function forget(id: string): void {
    runs.delete(id)
    if (runs.size === 0) release(spawner)
  }

  owner.onConnection = (socket) => {
    socket.on('error', () => {})
    // Who only looks whether we live goes without a greeting.
    const leave = () => void socket.destroy()
    socket.once('end', leave)
    const read = () => {
      const bytes: Buffer | null = socket.read(GREETING_BYTES)
      if (!bytes) return
      socket.off('readable', read)
      socket.off('end', leave)
      const greeted = readGreeting(bytes.toString('latin1'))
      const run = greeted && runs.get(greeted.id)
      if (!greeted || !run) return void socket.destroy()
      run.sockets.set(greeted.channel, socket)
      if (run.sockets.size === run.wanted) run.connected.resolve()
    }
    socket.on('readable', read)
  }

  return {
    async start(plan, channels) {
      if (!spawner.connected) spawner = forkSpawner()
      const id = randomBytes(9).toString('base64url')
      const run: Pending = {
        by: spawner,
        plan,
        sockets: new Map(),
        started: Promise.withResolvers(),
        connected: Promise.withResolvers(),
        exited: Promise.withResolvers(),
        pid: 0,
        wanted: channels.length,
      }
      runs.set(id, run)
      spawner.ref()
      spawner.channel?.ref()
      const send = (message: ToSpawner) => void (spawner.connected && spawner.send(message, () => {}))
      send({ type: 'start', id, plan, channels: [...channels] })
      try {
        const [pid] = await Promise.all([run.started.promise, run.connected.promise])
        return { child: childOf(id, pid, run, send), streams: streamsOf(run.sockets) }
      } catch (error) {
        for (const socket of run.sockets.values()) socket.destroy()
        throw error
      }
    },
    close() {
      if (spawner.connected) spawner.disconnect()
    },
  }
}

function childOf(id: string, pid: number, { exited }: Pending, send: (message: ToSpawner) => void): Child {
  return {
    exited: exited.promise,
    stop: (grace_ms) => send({ type: 'stop', id, grace_ms }),
    killNow: () => killNow(-pid),
  }
}

function streamsOf(sockets: Map<Channel, Socket>): Streams {
  const [stdin, stdout, stderr, result] = (['stdin', 'stdout', 'stderr', 'result'] as const).map(
    (channel) => sockets.get(channel) ?? null,
  )
  // The other end of a socket can be closed for reading alone, which a pipe would tell by closing.
  for (const readable of [stdout, stderr, result]) readable?.once('end', () => readable.destroy())
  stdin?.resume().once('end', () => stdin.destroy())
  // stdout and stderr are always asked for.
  return { stdin, stdout, stderr, result } as Streams
}

/** Lets our process end while nothing runs. */
function release(child: ChildProcess): void {
  child.unref()
  child.channel?.unref()
}
