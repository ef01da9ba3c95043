// A container that was started: its streams, its limits of time, its end, and what is then removed.
import { PassThrough, type Readable, Writable } from 'node:stream'
import { bequestOf } from '../bequest.ts'
import { readPrivateFile, writePrivateFile } from '../private-directory.ts'
import { removePrivateDirectory } from '../remove-private-directory.ts'
import type { Exit, Program, RunningProgram } from '../runtime.ts'
import { readShellExit } from '../shell-exit.ts'
import { RESULT_FILE } from './container-request.ts'
import { demultiplex } from './demultiplex.ts'
import type { EngineClient } from './engine-client.ts'

/** A container of this runtime that has not ended. */
export interface Container {
  id: string
  is_gateway: boolean
  exited: Promise<Exit>
}

const TIME_LIMIT_GRACE_MS = 3_000
/** The exit code of who was ended by SIGKILL. */
const KILLED = 137

export interface Supervised extends Pick<Container, 'id' | 'is_gateway'> {
  engine: EngineClient
  program: Program
  directory: string
  streams: Awaited<ReturnType<EngineClient['hijack']>>
  ended: Promise<{ StatusCode: number }>
  running: Set<Container>
  /** Runs when the container is gone, before the program counts as ended. */
  onOver: (() => Promise<void>) | undefined
}

/** @returns the program that a started container runs; it is among `running` until it is over */
export function superviseContainer(supervised: Supervised): RunningProgram {
  const { engine, id, is_gateway, program, directory, streams, ended, running, onOver } = supervised
  const { socket, head } = streams
  const { bequest } = program
  const { stdout, stderr } = demultiplex(socket, head)
  const result = program.result_fd ? new PassThrough() : null
  const harvested = new Map<string, Buffer | null>()
  let isOver = false
  let isLate = false
  let grace: NodeJS.Timeout | undefined

  const kill = (signal: string) => engine.call('POST', `/containers/${id}/kill?signal=${signal}`).catch(() => null)
  const stop = (graceMs: number) => {
    stdin?.end()
    if (isOver || grace) return
    void kill('SIGTERM')
    grace = setTimeout(() => void kill('SIGKILL'), graceMs)
  }
  const late = () => {
    isLate = true
    stop(TIME_LIMIT_GRACE_MS)
  }
  const { time_ms } = program.limits ?? {}
  const timer = time_ms === undefined ? undefined : setTimeout(late, time_ms)

  const over = async (): Promise<Exit> => {
    // Without an answer the engine is gone, and the container with it or swept at the next start.
    const code = await ended.then(({ StatusCode }) => StatusCode).catch(() => null)
    isOver = true
    clearTimeout(timer)
    clearTimeout(grace)
    const state = await engine
      .call<{ State: { OOMKilled?: boolean } }>('GET', `/containers/${id}/json`)
      .catch(() => ({ State: { OOMKilled: false } }))
    for (const name of program.harvest ?? []) harvested.set(name, await readPrivateFile(directory, name))
    result?.end(await readPrivateFile(directory, RESULT_FILE))
    await removeContainer(engine, id)
    await onOver?.()
    if (!bequest) await removePrivateDirectory(directory).catch(() => {})
    running.delete(container)
    // Podman does not always hear that the kernel killed for want of memory.
    const isStarved = state.State.OOMKilled || (code === KILLED && !grace && program.limits?.memory_bytes !== undefined)
    const limit = isLate ? 'time' : isStarved ? 'memory' : null
    return { ...readShellExit(code ?? KILLED), ...(limit && { limit }) }
  }
  const container: Container = { id, is_gateway, exited: over() }
  running.add(container)
  const stdin = program.stdin === 'pipe' ? writableHalf(socket) : null

  return {
    stdin,
    stdout,
    stderr,
    result: result as Readable | null,
    directory,
    exited: container.exited,
    readFile: async (name) => (isOver ? (harvested.get(name) ?? null) : await readPrivateFile(directory, name)),
    async writeFile(name, content) {
      if (!isOver) await writePrivateFile(directory, name, content)
    },
    async stop(graceMs) {
      stop(graceMs)
      return await container.exited
    },
    ...(bequest && bequestOf(directory, bequest)),
  }
}

/** Ending it closes the program's stdin and nothing else. */
function writableHalf(socket: Awaited<ReturnType<EngineClient['hijack']>>['socket']): Writable {
  const half = new Writable({
    write: (chunk, _encoding, done) => void socket.write(chunk, done),
    final: (done) => void socket.end(done),
  })
  half.on('error', () => {})
  socket.once('close', () => half.destroy())
  return half
}

/** Whatever it does. */
export async function removeContainer(engine: EngineClient, id: string): Promise<void> {
  await engine.call('DELETE', `/containers/${id}?force=1&v=1`).catch(() => {})
}
