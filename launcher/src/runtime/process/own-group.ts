// Where this process may make control groups. A group that holds processes cannot hand its controllers to groups below it
// (cgroups(7), "no internal processes"), so a server that is alone in the group that was delegated to it, as that of a
// systemd unit with `Delegate=yes`, moves into one below.
import { constants } from 'node:fs'
import { access, mkdir, readFile, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

/** The group below the delegated one that the server itself is in. */
const SERVER_GROUP = 'sluice-server'
const TRIES = 5

export interface OwnGroup {
  path: string
  /** Whether no process is in it, so that its controllers can be had below. */
  is_empty: boolean
}

/** @returns null where this process may not make groups */
export async function findOwnGroup(): Promise<OwnGroup | null> {
  const mount = (await readFile('/proc/self/mountinfo', 'utf8'))
    .split('\n')
    .map((line) => line.split(' '))
    .find((fields) => fields[fields.indexOf('-') + 1] === 'cgroup2')?.[4]
  const own = (await readFile('/proc/self/cgroup', 'utf8')).match(/^0::(.*)$/m)?.[1]
  if (mount === undefined || own === undefined) return null
  const path = join(mount, basename(own) === SERVER_GROUP ? dirname(own) : own)
  await access(path, constants.W_OK)
  await access(join(path, 'cgroup.procs'), constants.W_OK)
  // The root of all groups has no type, and may hold processes.
  const isRoot = await access(join(path, 'cgroup.type')).then(
    () => false,
    () => true,
  )
  return { path, is_empty: isRoot || (await makeRoom(path)) }
}

async function makeRoom(path: string): Promise<boolean> {
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const pids = await processesIn(path)
    if (pids.length === 0) return true
    if (!(await areOurs(pids))) return false
    const place = join(path, SERVER_GROUP)
    await mkdir(place, { recursive: true })
    // One that has ended meanwhile cannot be moved, and need not be.
    for (const pid of pids) await writeFile(join(place, 'cgroup.procs'), String(pid)).catch(() => {})
  }
  return false
}

async function processesIn(path: string): Promise<number[]> {
  return (await readFile(join(path, 'cgroup.procs'), 'utf8')).split('\n').filter(Boolean).map(Number)
}

/** Whether each is this process or descends from it: a shell that we were started from is not for us to move. */
async function areOurs(pids: readonly number[]): Promise<boolean> {
  for (const pid of pids) {
    let ancestor: number | null = pid
    while (ancestor !== null && ancestor > 1 && ancestor !== process.pid) ancestor = await parentOf(ancestor)
    // One that has ended meanwhile is in nobody's way.
    if (ancestor !== null && ancestor !== process.pid) return false
  }
  return true
}

/** Null for a process that is gone. */
async function parentOf(pid: number): Promise<number | null> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null)
  return stat === null ? null : Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
}
