import { text } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import { ApiException, type CoreV1Api } from '@kubernetes/client-node'
import { Secret } from '@sluice/connector-specs'
import type { Exit, Program, RunningProgram } from '../runtime.ts'
import { readShellExit } from '../shell-exit.ts'
import { bequestIn, stateOf } from './pod-bequest.ts'
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
/** How long what a program rotated is waited for to find its place, before others may take it. */
const SETTLING_MS = 60_000
/** How long the pod may take to notice that its lifeline is cut. */
const CUT_MS = 5_000
const LOOK_MS = 100

export interface SupervisedJob extends RunningProgram {
  /** Lets go of the pod, so that others take what was rotated in it, where it has found no place here. */
  leave(): void
  /** Settles when nothing in the pod is looked after from here any more. */
  left: Promise<void>
}

/** Connects to the pipes of a pod that runs. */
export async function superviseJob({ program, pod, core, remove }: JobToSupervise): Promise<SupervisedJob> {
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
  const { bequest } = program
  const harvested = new Map<string, Buffer | null>()
  let isOver = false
  /** Whether the program ended where nobody here could see it. */
  let isLost = false
  let isLate = false
  let grace: NodeJS.Timeout | undefined

  const left = Promise.withResolvers<void>()
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
    if (code !== null) await drained([stdout, stderr, result], () => grace !== undefined)
    else if (bequest) {
      // The connection broke: the program is ended for want of its lifeline, and its pod stays.
      lifeline.close()
      isLost = !(await isLeft(pod)) && (await mayStay(core, pod))
    }
    if (code !== null || (bequest && !isLost)) {
      for (const name of program.harvest ?? []) harvested.set(name, await readFile(name))
    }
    isOver = true
    clearTimeout(timer)
    clearTimeout(grace)
    const limit = isLate ? 'time' : await limitOf(core, pod, code)
    for (const channel of channels) if (channel !== lifeline || !bequest) channel.close()
    if (bequest) setTimeout(leave, SETTLING_MS).unref()
    else {
      left.resolve()
      await remove()
    }
    const exit: Exit = code === null ? { code: null, signal: 'SIGKILL' } : readShellExit(code)
    return { ...exit, ...(limit && { limit }) }
  }
  const leave = () => {
    lifeline.close()
    left.resolve()
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
    leave,
    left: left.promise,
    ...(bequest && {
      ...bequestIn(pod, bequest),
      async release() {
        if (!isLost) await remove()
        leave()
      },
    }),
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

/** After its lifeline was cut: whether the program is gone and its files are there. */
async function isLeft(pod: Pod): Promise<boolean> {
  const deadline = performance.now() + CUT_MS
  for (;;) {
    const state = await stateOf(pod)
    if (state === 'left' || state === 'gone' || performance.now() > deadline) return state === 'left'
    await delay(LOOK_MS, null, { ref: false })
  }
}

/** Whether a pod that does not answer may still hold something. */
async function mayStay(core: CoreV1Api, { namespace, name }: Pod): Promise<boolean> {
  try {
    return (await core.readNamespacedPod({ namespace, name })).status?.phase === 'Running'
  } catch (error) {
    return !(error instanceof ApiException && error.code === 404)
  }
}

async function limitOf(core: CoreV1Api, { namespace, name }: Pod, code: number | null): Promise<Exit['limit']> {
  if (code !== null && code !== 137) return undefined
  const pod = await core.readNamespacedPod({ namespace, name }).catch(() => null)
  if (pod?.status?.reason === 'DeadlineExceeded') return 'time'
  const isOut = pod?.status?.containerStatuses?.some(({ state }) => state?.terminated?.reason === 'OOMKilled')
  return isOut ? 'memory' : undefined
}
