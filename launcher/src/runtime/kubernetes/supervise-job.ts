import { text } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import type { CoreV1Api } from '@kubernetes/client-node'
import { Secret } from '@sluice/connector-specs'
import type { Exit, Program, RunningProgram } from '../runtime.ts'
import { readShellExit } from '../shell-exit.ts'
import { execute, openChannel, type Pod, type PodChannel } from './pod-channel.ts'
import { COMMANDS, DIRECTORY } from './pod-script.ts'

export interface JobToSupervise {
  program: Program
  pod: Pod
  core: CoreV1Api
  /** Deletes the Job with its pod and Secret. */
  remove(): Promise<void>
}

const TIME_LIMIT_GRACE_MS = 3_000
/** How long a killed program may take to be told. */
const KILLED_MS = 10_000
/** How long output may still come after the exit. */
const DRAIN_MS = 1_000

/** Connects to the pipes of a pod that runs. */
export async function superviseJob({ program, pod, core, remove }: JobToSupervise): Promise<RunningProgram> {
  const open = async (command: string[] | null) => (command ? await openChannel(pod, command) : null)
  const [status, lifeline, stdout, stderr, stdin, result] = await Promise.all([
    openChannel(pod, COMMANDS.read('status')),
    openChannel(pod, COMMANDS.write('lifeline')),
    openChannel(pod, COMMANDS.read('stdout')),
    openChannel(pod, COMMANDS.read('stderr')),
    open(program.stdin === 'pipe' ? COMMANDS.write('stdin') : null),
    open(program.result_fd ? COMMANDS.read('result') : null),
  ])
  const channels = [status, lifeline, stdout, stderr, stdin, result].filter((channel) => channel !== null)
  const harvested = new Map<string, Buffer | null>()
  let isOver = false
  let isLate = false
  let grace: NodeJS.Timeout | undefined

  const killed = Promise.withResolvers<null>()
  const signal = async (name: 'TERM' | 'KILL') => void (await execute(pod, COMMANDS.signal(name)).catch(() => null))
  const stop = (graceMs: number) => {
    stdin?.stdin.end()
    if (isOver || grace) return
    void signal('TERM')
    grace = setTimeout(async () => {
      if (isOver) return
      await signal('KILL')
      setTimeout(() => killed.resolve(null), KILLED_MS).unref()
    }, graceMs)
  }
  const late = () => {
    isLate = true
    stop(TIME_LIMIT_GRACE_MS)
  }
  const { time_ms } = program.limits ?? {}
  const timer = time_ms === undefined ? undefined : setTimeout(late, time_ms)

  const over = async (): Promise<Exit> => {
    const told = await Promise.race([text(status.stdout), killed.promise])
    const code = told?.trim() ? Number(told) : null
    if (code !== null) {
      await drained([stdout, stderr, result], () => grace !== undefined)
      for (const name of program.harvest ?? []) harvested.set(name, await readFile(name))
    }
    isOver = true
    clearTimeout(timer)
    clearTimeout(grace)
    const limit = isLate ? 'time' : await limitOf(core, pod, code)
    for (const channel of channels) channel.close()
    await remove()
    const exit: Exit = code === null ? { code: null, signal: 'SIGKILL' } : readShellExit(code)
    return { ...exit, ...(limit && { limit }) }
  }
  const readFile = async (name: string) => await execute(pod, COMMANDS.readFile(name)).catch(() => null)
  const exited = over()

  return {
    stdin: stdin?.stdin ?? null,
    stdout: stdout.stdout,
    stderr: stderr.stdout,
    result: result?.stdout ?? null,
    directory: DIRECTORY,
    exited,
    readFile: async (name) => (isOver ? (harvested.get(name) ?? null) : await readFile(name)),
    async writeFile(name, content) {
      const bytes = Buffer.from(content instanceof Secret ? content.reveal() : content)
      if (!isOver) await execute(pod, COMMANDS.writeFile(name, bytes.length), bytes)
    },
    async stop(graceMs) {
      stop(graceMs)
      return await exited
    },
  }
}

/**
 * Their commands end when all that holds the pipes has ended. A detached process may hold them for ever, so that they
 * are given up when nothing has come for a while; what a slow reader has yet to take is waited for, unless stopped.
 */
async function drained(channels: (PodChannel | null)[], isStopping: () => boolean): Promise<void> {
  const ended = Promise.all(channels.map((channel) => channel?.ended)).then(() => true)
  const received = () => channels.reduce((sum, channel) => sum + (channel?.received() ?? 0), 0)
  const isHeld = () => channels.some((channel) => channel?.stdout.writableNeedDrain)
  for (let before = -1; before !== received() || (isHeld() && !isStopping()); ) {
    before = received()
    if (await Promise.race([ended, delay(DRAIN_MS, false, { ref: false })])) return
  }
}

async function limitOf(core: CoreV1Api, { namespace, name }: Pod, code: number | null): Promise<Exit['limit']> {
  if (code !== null && code !== 137) return undefined
  const pod = await core.readNamespacedPod({ namespace, name }).catch(() => null)
  if (pod?.status?.reason === 'DeadlineExceeded') return 'time'
  const isOut = pod?.status?.containerStatuses?.some(({ state }) => state?.terminated?.reason === 'OOMKilled')
  return isOut ? 'memory' : undefined
}
