// A confined program as a child of this process, in a process group of its own, so that all it forks ends with it.
import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { Bequest } from '../bequest.ts'
import { type Exit, StartError } from '../runtime.ts'
import { readShellExit } from '../shell-exit.ts'
import type { Isolation } from './confined-command.ts'
import { endControlGroup } from './control-group.ts'
import { killByDirectory, killNow } from './leftovers.ts'

export interface ChildPlan {
  /** What to spawn: the confined command. */
  argv: string[]
  cwd: string
  env: Record<string, string>
  /** The private directory. */
  directory: string
  isolation: Isolation
  cgroup: string | null
  /** What is to be sealed of the private directory when the owner is gone. */
  bequest?: Pick<Bequest, 'key' | 'files'>
}

export interface Child {
  /** Settles when the program and what it forked are gone. */
  exited: Promise<Exit>
  /** Asks it to end, kills it after the grace. */
  stop(graceMs: number): void
  /** Kills it without waiting for anything, as at the end of our own process. */
  killNow(): void
}

/** @throws StartError */
export async function startChild(plan: ChildPlan, stdio: StdioOptions): Promise<Child & { process: ChildProcess }> {
  const [program = '', ...programArguments] = plan.argv
  const { cwd, env } = plan
  let child: ChildProcess
  try {
    child = spawn(program, programArguments, { cwd, env, stdio, detached: true, shell: false })
    await once(child, 'spawn')
  } catch (cause) {
    throw new StartError(`cannot be started: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
  }
  child.on('error', () => {})
  // Known since it was spawned.
  const pid = child.pid ?? 0
  let grace: NodeJS.Timeout | undefined
  const kill = () => killNow(-pid)
  const exited = new Promise<Exit>((resolve) => {
    child.once('exit', (code, signal) => {
      clearTimeout(grace)
      kill()
      const exit = readExit(plan.isolation, code, signal)
      endLeftovers(plan, signal !== null).then(
        (limit) => resolve({ ...exit, ...limit }),
        () => resolve(exit),
      )
    })
  })
  return {
    process: child,
    exited,
    stop(graceMs) {
      if (child.exitCode !== null || child.signalCode !== null || grace) return
      terminate(plan.isolation, pid)
      grace = setTimeout(kill, graceMs)
    },
    killNow: kill,
  }
}

/** Within bubblewrap the program has a session of its own; its monitor outside would take SIGTERM as its own end. */
function terminate(isolation: Isolation, pid: number): void {
  const group = isolation === 'bubblewrap' ? (ownSession(pid) ?? pid) : pid
  killNow(-group, 'SIGTERM')
}

/** The session of the only child; null while it has none. */
function ownSession(pid: number): number | null {
  try {
    const child = Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim())
    process.kill(-child, 0)
    return child || null
  } catch {
    return null
  }
}

/**
 * Ends what a program left when it ended.
 * @param wasKilled whether a signal ended what was spawned. It may then have ended before the first process of its
 *   namespace had tied its life to it, and that process would live on.
 * @returns the limit that ended it, if that can be told
 */
export async function endLeftovers(
  { isolation, cgroup, directory }: ChildPlan,
  wasKilled: boolean,
): Promise<{ limit?: 'memory' }> {
  const group = cgroup ? await endControlGroup(cgroup) : null
  // Unconfined it may have moved a process out of its group, as the same user.
  if (isolation === 'none' || (!group && wasKilled)) await killByDirectory(directory)
  return group?.out_of_memory ? { limit: 'memory' } : {}
}

/** Who waits for a program in namespaces tells a signal as shells do: 128 and its number. */
function readExit(isolation: Isolation, code: number | null, signal: NodeJS.Signals | null): Exit {
  return isolation === 'none' || code === null ? { code, signal } : readShellExit(code)
}
