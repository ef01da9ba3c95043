// The `process` runtime: a connector as a child in a process group of its own, so that all it forks ends with it.
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { delimiter, dirname, join } from 'node:path'
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
  /** After the end: a file named in `harvest`, or null when it was not there any more. */
  readFile(name: string): Buffer | null
  /** Closes stdin, asks the group to end, kills it after the grace. */
  stop(graceMs: number): Promise<Exit>
}

/** What lies in the connector's private directory beside what it caches there itself. */
export interface PrivateFiles {
  /** Contents by name. Each is a writable regular file of mode 0600. */
  contents: Record<string, string>
  /** The arguments that follow the command, given the directory as the connector sees it. */
  arguments(directory: string): string[]
  /** Names of those that are read back when the connector has ended, however it ended. */
  harvest?: readonly string[]
}

/** The program could not be started; `reason` reads as a sentence without its subject. */
export class StartError extends Error {}

/** @throws StartError when the program or its directory does not exist or may not be run. */
export async function startProcess(
  launch: Pick<Launch, 'command' | 'cwd' | 'env'>,
  files: PrivateFiles = { contents: {}, arguments: () => [] },
): Promise<ConnectorProcess> {
  const [program, ...programArguments] = launch.command
  if (!program) throw new StartError('names no program')
  await checkDirectory(launch.cwd)
  const scratch = await createScratchDirectory()
  let child: ChildProcessByStdio<Writable, Readable, Readable>
  try {
    for (const [name, content] of Object.entries(files.contents)) {
      await writeFile(join(scratch, name), content, { mode: 0o600, flag: 'wx' })
    }
    child = spawn(program, [...programArguments, ...files.arguments(scratch)], {
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
  return supervise(child, scratch, files)
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

function supervise(
  child: ChildProcessByStdio<Writable, Readable, Readable>,
  scratch: string,
  files: PrivateFiles,
): ConnectorProcess {
  // A connector may end without reading its input; how it ended is then told by its exit.
  child.stdin.on('error', () => {})
  child.on('error', () => {})
  if (child.pid !== undefined) running.set(child.pid, scratch)
  const harvested = new Map<string, Buffer>()
  const exited = new Promise<Exit>((resolve) => {
    child.once('exit', (code, signal) => {
      signalGroup(child.pid, 'SIGKILL')
      if (child.pid !== undefined) running.delete(child.pid)
      const gone = () => resolve({ code, signal })
      harvest(scratch, files.harvest ?? [], harvested)
        .then(() => removeScratchDirectory(scratch))
        .then(gone, gone)
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
    readFile: (name) => harvested.get(name) ?? null,
    stop(graceMs) {
      if (child.exitCode !== null || child.signalCode !== null) return exited
      stopping ??= stop(graceMs)
      return stopping
    },
  }
}

async function harvest(scratch: string, names: readonly string[], into: Map<string, Buffer>): Promise<void> {
  for (const name of names) {
    const content = await readFile(join(scratch, name)).catch(() => null)
    if (content) into.set(name, content)
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
