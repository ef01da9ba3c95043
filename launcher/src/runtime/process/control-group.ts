// Control groups (version 2): bounds for a program with all that it forks, and one write that kills them all. Where
// this process may not make groups, there are none.
import { rmdirSync } from 'node:fs'
import { mkdir, readFile, rmdir, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { ProgramLimits } from '../runtime.ts'
import { findOwnGroup } from './own-group.ts'

export interface ControlGroups {
  /** Where groups of owners are made. */
  path: string
  /** Those that programs can be bounded by. */
  controllers: readonly ('cpu' | 'memory' | 'pids')[]
}

/** What names of owners' groups begin with. */
export const OWNER_GROUP = 'sluice-runs-'

const CONTROLLERS = ['cpu', 'memory', 'pids'] as const
const PERIOD_US = 100_000
const REMOVAL_TRIES = 50

/** The place where this process may make control groups; null when there is none. */
export async function findControlGroups(): Promise<ControlGroups | null> {
  try {
    const own = await findOwnGroup()
    if (own === null) return null
    const { path } = own
    // With processes beside it a group takes some controllers, and then no process.
    if (!own.is_empty) return { path, controllers: [] }
    const known = (await readFile(join(path, 'cgroup.controllers'), 'utf8')).split(/\s+/)
    const wanted = CONTROLLERS.filter((name) => known.includes(name))
    for (const name of wanted) await enable(path, name)
    const enabled = (await readFile(join(path, 'cgroup.subtree_control'), 'utf8')).split(/\s+/)
    return { path, controllers: wanted.filter((name) => enabled.includes(name)) }
  } catch {
    return null
  }
}

/** Makes the group of one run, bounded by `limits`. @returns its path */
export async function createControlGroup(
  groups: ControlGroups,
  ownerDirectory: string,
  runDirectory: string,
  limits: ProgramLimits,
): Promise<string> {
  const owner = ownerGroup(groups, ownerDirectory)
  await mkdir(owner, { recursive: true })
  for (const name of groups.controllers) await enable(owner, name)
  const path = join(owner, basename(runDirectory))
  await mkdir(path)
  const set = async (file: string, value: string) => await writeFile(join(path, file), value)
  if (groups.controllers.includes('memory') && limits.memory_bytes !== undefined) {
    await set('memory.max', String(limits.memory_bytes))
    await set('memory.swap.max', '0').catch(() => {})
  }
  if (groups.controllers.includes('pids') && limits.processes !== undefined) {
    await set('pids.max', String(limits.processes))
  }
  if (groups.controllers.includes('cpu') && limits.cpus !== undefined) {
    await set('cpu.max', `${Math.ceil(limits.cpus * PERIOD_US)} ${PERIOD_US}`)
  }
  return path
}

/** Kills all that is in a group and removes it. @returns whether something in it had run out of memory */
export async function endControlGroup(path: string): Promise<{ out_of_memory: boolean }> {
  const events = await readFile(join(path, 'memory.events'), 'utf8').catch(() => '')
  await writeFile(join(path, 'cgroup.kill'), '1').catch(() => {})
  for (let attempt = 0; attempt < REMOVAL_TRIES; attempt += 1) {
    const isGone = await rmdir(path).then(
      () => true,
      (error: NodeJS.ErrnoException) => error.code === 'ENOENT',
    )
    if (isGone) break
    // The killed are still being taken down; the kernel tells no end of that but by an empty group.
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
  return { out_of_memory: /^oom_kill [1-9]/m.test(events) }
}

/** The group that holds the groups of an owner's runs. */
export function ownerGroup(groups: ControlGroups, ownerDirectory: string): string {
  return join(groups.path, OWNER_GROUP + basename(ownerDirectory))
}

/** Removes a group in which nothing is; any other stays. */
export function removeEmptyGroup(path: string): void {
  try {
    rmdirSync(path)
  } catch {
    // Still in use, or never made.
  }
}

async function enable(path: string, controller: string): Promise<void> {
  // Refused where processes are in the group itself; programs are then bounded by other means.
  await writeFile(join(path, 'cgroup.subtree_control'), `+${controller}`).catch(() => {})
}
