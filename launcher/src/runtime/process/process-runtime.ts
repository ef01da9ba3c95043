// The `process` runtime: programs of this machine as child processes.
import { tmpdir } from 'node:os'
import { bequestOf, keepNote, removeBequest } from '../bequest.ts'
import { createPrivateDirectory, readPrivateFile, writePrivateFile } from '../private-directory.ts'
import { removePrivateDirectory } from '../remove-private-directory.ts'
import type { Exit, Program, RunningProgram, Runtime } from '../runtime.ts'
import type { Child } from './child.ts'
import type { Isolation } from './confined-command.ts'
import { describeHost, findConfinement } from './confinement.ts'
import { ownerGroup, removeEmptyGroup } from './control-group.ts'
import { killByDirectoryNow } from './leftovers.ts'
import { createOwnerDirectory, openRunsRoot } from './owner-directory.ts'
import { planChild } from './plan-child.ts'
import { createSpawner } from './spawner.ts'
import { type Channel, type Streams, spawnHere } from './start-with-streams.ts'
import { sweepOrphans } from './sweep-orphans.ts'

export interface ProcessRuntimeOptions {
  /** What to confine with; `auto`, the default, takes the best that works on this host. */
  confinement?: Isolation | 'auto'
  /** Directories that connectors must not see, such as those of keys and databases. */
  hidden?: readonly string[]
  /** Start programs from a small process of its own rather than from this one: for servers, whose memory is large. */
  spawner?: boolean
  /** Where private directories are made; the system's directory for temporary files by default. */
  directory?: string
}

interface Running {
  child: Child
  exited: Promise<Exit>
}

const TIME_LIMIT_GRACE_MS = 3_000

/** Runs programs of this machine. Nothing is made or tried before the first start. */
export function createProcessRuntime(options: ProcessRuntimeOptions = {}): Runtime {
  const { directory: parent = tmpdir(), hidden = [] } = options
  const running = new Set<Running>()
  const confinement = once(() => findConfinement(options.confinement ?? 'auto'))
  const place = once(async () => {
    const root = await openRunsRoot(parent)
    const owner = await createOwnerDirectory(root)
    const { groups } = await confinement()
    const spawner = options.spawner ? createSpawner(owner) : null
    // Programs are no part of our process group, so nothing else ends them when we end before they do.
    const leave = () => {
      process.off('exit', leave)
      for (const { child } of running) child.killNow()
      // What is killed as it starts may have made a namespace that nothing ties to it yet (child.ts). A spawner sees to it.
      if (running.size > 0 && !spawner) killByDirectoryNow(owner.path)
      spawner?.close()
      owner.removeNow()
      if (groups) removeEmptyGroup(ownerGroup(groups, owner.path))
      placed = false
    }
    process.on('exit', leave)
    placed = true
    return { root, owner: owner.path, spawner, leave }
  })
  let placed = false

  const start = async (directory: string, program: Program): Promise<RunningProgram> => {
    for (const [name, content] of Object.entries(program.files ?? {})) await writePrivateFile(directory, name, content)
    if (program.bequest) await keepNote(directory, program.bequest)
    const { root, owner, spawner } = await place()
    const plan = await planChild(program, await confinement(), { root, owner, directory, hidden })
    const { child, streams } = await (spawner?.start ?? spawnHere)(plan, channelsOf(program))
    return supervise(program, child, streams, directory, running)
  }

  return {
    name: 'process',
    async start(describe) {
      const directory = await createPrivateDirectory((await place()).owner)
      try {
        return await start(directory, typeof describe === 'function' ? describe(directory) : describe)
      } catch (error) {
        await removeBequest(directory)
        throw error
      }
    },
    async sweep(inherit) {
      const { root } = await place()
      await sweepOrphans(root, (await confinement()).groups, inherit)
    },
    describeConfinement: async () => describeHost(await confinement()),
    async close() {
      for (const { child } of running) child.killNow()
      await Promise.all([...running].map(({ exited }) => exited))
      if (placed) (await place()).leave()
    },
  }
}

function channelsOf({ stdin, result_fd }: Program): Channel[] {
  return [
    ...(stdin === 'pipe' ? ['stdin' as const] : []),
    'stdout',
    'stderr',
    ...(result_fd ? ['result' as const] : []),
  ]
}

function supervise(
  program: Program,
  child: Child,
  streams: Streams,
  directory: string,
  running: Set<Running>,
): RunningProgram {
  const { limits: { time_ms } = {}, bequest } = program
  const harvested = new Map<string, Buffer | null>()
  let isGone = false
  let isLate = false
  // A program may end without reading its input; how it ended is then told by its exit.
  streams.stdin?.on('error', () => {})
  for (const stream of [streams.stdout, streams.stderr, streams.result]) stream?.on('error', () => {})

  const late = () => {
    isLate = true
    stop(TIME_LIMIT_GRACE_MS)
  }
  const timer = time_ms === undefined ? undefined : setTimeout(late, time_ms)
  const stop = (graceMs: number) => {
    streams.stdin?.end()
    child.stop(graceMs)
  }
  const end = async (exit: Exit): Promise<Exit> => {
    clearTimeout(timer)
    for (const name of program.harvest ?? []) harvested.set(name, await readPrivateFile(directory, name))
    isGone = true
    if (!bequest) await removePrivateDirectory(directory).catch(() => {})
    running.delete(entry)
    return isLate ? { ...exit, limit: 'time' } : exit
  }
  const entry: Running = { child, exited: child.exited.then(end) }
  running.add(entry)

  return {
    ...streams,
    directory,
    exited: entry.exited,
    readFile: async (name) => (isGone ? (harvested.get(name) ?? null) : await readPrivateFile(directory, name)),
    async writeFile(name, content) {
      if (!isGone) await writePrivateFile(directory, name, content)
    },
    async stop(graceMs) {
      stop(graceMs)
      return await entry.exited
    },
    ...(bequest && bequestOf(directory, bequest)),
  }
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | null = null
  return () => {
    made ??= make()
    return made
  }
}
