import { stat } from 'node:fs/promises'
import { delimiter, dirname, isAbsolute, relative } from 'node:path'
import { type Program, type ProgramLimits, StartError } from '../runtime.ts'
import type { ChildPlan } from './child.ts'
import { confinedCommand, type Isolation } from './confined-command.ts'
import type { HostConfinement } from './confinement.ts'
import { type ControlGroups, createControlGroup } from './control-group.ts'
import { findProgram } from './find-program.ts'
import { ownerStage } from './owner-directory.ts'

export interface Place {
  /** Where the directories of all owners lie. */
  root: string
  /** Our own. */
  owner: string
  /** The program's private directory. */
  directory: string
  hidden: readonly string[]
}

/** What to spawn for a program. @throws StartError when the program or its directory is not there */
export async function planChild(program: Program, host: HostConfinement, place: Place): Promise<ChildPlan> {
  const { cwd, limits = {} } = program
  const { isolation, groups, tied } = host
  const { root, owner, directory, hidden } = place
  const [name, ...programArguments] = [...(program.before ?? []), ...program.command]
  if (!name) {
    throw new StartError(program.image ? 'is in an image, which only a container runtime starts' : 'names no program')
  }
  await checkDirectory(cwd)
  const env = environment(program.env, directory)
  const path = await findProgram(name, env.PATH ?? '', cwd)
  if (isolation !== 'none') for (const needed of [cwd, path]) checkVisible(needed, hidden)
  const cgroup =
    groups && needsGroup(isolation, groups, limits) ? await createControlGroup(groups, owner, directory, limits) : null
  const argv = confinedCommand({
    isolation,
    command: [path, ...programArguments],
    cwd,
    directory,
    runs_root: root,
    stage: ownerStage(owner),
    hidden,
    network: program.hosts === undefined || program.hosts.length > 0,
    limits,
    cgroup,
    tied,
    cgroup_holds_memory: groups?.controllers.includes('memory') ?? false,
  })
  const { bequest } = program
  const left = bequest && { bequest: { key: bequest.key, files: bequest.files } }
  return { argv, cwd, env, directory, isolation, cgroup, ...left }
}

/** To hold limits, and to end all that a program forked where no namespace does. */
function needsGroup(isolation: Isolation, { controllers }: ControlGroups, limits: ProgramLimits): boolean {
  const bounds = { cpu: limits.cpus, memory: limits.memory_bytes, pids: limits.processes }
  return isolation === 'none' || controllers.some((name) => bounds[name] !== undefined)
}

/** Nothing of our own environment but where programs lie; the Node that runs us is found first. */
function environment(own: Record<string, string>, directory: string): Record<string, string> {
  const path = [dirname(process.execPath), process.env.PATH ?? '/usr/local/bin:/usr/bin:/bin'].join(delimiter)
  return { PATH: path, HOME: directory, TMPDIR: directory, LANG: process.env.LANG ?? 'C.UTF-8', ...own }
}

async function checkDirectory(cwd: string): Promise<void> {
  const directory = await stat(cwd).catch(() => null)
  if (!directory?.isDirectory()) throw new StartError(`cannot run in ${cwd}, which is not a directory`)
}

function checkVisible(path: string, hidden: readonly string[]): void {
  const cover = hidden.find((directory) => {
    const way = relative(directory, path)
    return way === '' || !(way.startsWith('..') || isAbsolute(way))
  })
  if (cover) throw new StartError(`cannot be started: ${path} lies in ${cover}, which is hidden from connectors`)
}
