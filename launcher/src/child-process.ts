// The `process` runtime: a connector as a child in a process group of its own, so that all it forks ends with it.
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { delimiter, dirname } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import type { Launch } from './launch.ts'
import { createScratchDirectory, removeScratchDirectory } from './scratch-directory.ts'

export interface Exit {
  code: number | null
  signal: NodeJS.Signals | null
}

export interface ConnectorProcess {
  stdin: Writable
  stdout: Readable
  stderr: Readable
  /** Settles when the program is gone, its group killed and its scratch directory removed. */
  exited: Promise<Exit>
  /** Closes stdin, asks the group to end, kills it after the grace. */
  stop(graceMs: number): Promise<Exit>
}

/** The program could not be started; `reason` reads as a sentence without its subject. */
export class StartError extends Error {}

/** @throws StartError when the program or its directory does not exist or may not be run. */
export async function startProcess(launch: Pick<Launch, 'command' | 'cwd' | 'env'>): Promise<ConnectorProcess> {
  const [program, ...programArguments] = launch.command
  if (!program) throw new StartError('names no program')
  await checkDirectory(launch.cwd)
  const scratch = await createScratchDirectory()
  let child: ChildProcessByStdio<Writable, Readable, Readable>
  try {
    child = spawn(program, programArguments, {
      cwd: launch.cwd,
      env: environment(launch.env, scratch),
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
      shell: false,
    })
    await once(child, 'spawn')
  } catch (cause) {
    await removeScratchDirectory(scratch)
    throw new StartError(startFault(program, cause), { cause })
  }
  return supervise(child, scratch)
}

/** Scratch directories by process. */
const running = new Map<number, string>()
// Connectors are no part of our process group, so nothing else ends them when we end before they do.
process.on('exit', () => {
  for (const [pid, scratch] of running) {
    signalGroup(pid, 'SIGKILL')
    try {
      rmSync(scratch, { recursive: true, force: true })
    } catch {
      // A directory that the connector locked stays; how we end must not depend on it.
    }
  }
})

function supervise(child: ChildProcessByStdio<Writable, Readable, Readable>, scratch: string): ConnectorProcess {
  // A connector may end without reading its input; how it ended is then told by its exit.
  child.stdin.on('error', () => {})
  child.on('error', () => {})
  if (child.pid !== undefined) running.set(child.pid, scratch)
  const exited = new Promise<Exit>((resolve) => {
    child.once('exit', (code, signal) => {
      signalGroup(child.pid, 'SIGKILL')
      if (child.pid !== undefined) running.delete(child.pid)
      const gone = () => resolve({ code, signal })
      removeScratchDirectory(scratch).then(gone, gone)
    })
  })
  const stop = async (graceMs: number): Promise<Exit> => {
    child.stdin.end()
    signalGroup(child.pid, 'SIGTERM')
    const kill = setTimeout(() => signalGroup(child.pid, 'SIGKILL'), graceMs)
    const exit = await exited
    clearTimeout(kill)
    return exit
  }
  let stopping: Promise<Exit> | null = null
  return {
    stdin: child.stdin,
    stdout: child.stdout,
    stderr: child.stderr,
    exited,
    stop(graceMs) {
      if (child.exitCode !== null || child.signalCode !== null) return exited
      stopping ??= stop(graceMs)
      return stopping
    },
  }
}

function signalGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, signal)
  } catch {
    // ESRCH: nobody is left in the group, which is what was wanted.
  }
}

/** Nothing of our own environment but where programs lie; the Node that runs us is found first. */
function environment(own: Record<string, string>, scratch: string): Record<string, string> {
  const path = [dirname(process.execPath), process.env.PATH ?? '/usr/local/bin:/usr/bin:/bin'].join(delimiter)
  return { PATH: path, HOME: scratch, TMPDIR: scratch, LANG: process.env.LANG ?? 'C.UTF-8', ...own }
}

async function checkDirectory(cwd: string): Promise<void> {
  const directory = await stat(cwd).catch(() => null)
  if (!directory?.isDirectory()) throw new StartError(`cannot run in ${cwd}, which is not a directory`)
}

function startFault(program: string, cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? cause.code : null
  if (code === 'ENOENT') return `cannot be started: ${program} was not found`
  if (code === 'EACCES') return `cannot be started: ${program} is not executable`
  return `cannot be started: ${cause instanceof Error ? cause.message : String(cause)}`
}
