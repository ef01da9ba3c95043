// After the supervisor was killed its Postgres lives on. The next supervisor, which holds the lock, ends it: it cannot
// be a parent to it, and would not see it die.

import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, readlinkSync, realpathSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { endProcess } from './end-process.ts'

/**
 * Ends every Postgres that still works on this cluster and clears its pid file. The caller holds the cluster's lock.
 * A pid file that names a process of another kind is only cleared.
 */
export async function endOrphan(cluster: string): Promise<void> {
  const pidFile = join(cluster, 'postmaster.pid')
  const postmaster = readPid(pidFile)
  if (postmaster !== null && worksOn(postmaster, cluster)) await endProcess(postmaster)
  // Backends outlive a killed postmaster by as long as their statement runs.
  for (const pid of remainingProcesses(cluster)) await endProcess(pid)
  rmSync(pidFile, { force: true })
}

/** The first line of postmaster.pid. */
function readPid(pidFile: string): number | null {
  try {
    const pid = Number.parseInt(readFileSync(pidFile, 'utf8'), 10)
    return pid > 1 ? pid : null
  } catch {
    return null
  }
}

/** Postgres's processes stay in their cluster's directory; all are named `postgres`. */
function worksOn(pid: number, cluster: string): boolean {
  try {
    if (process.platform !== 'linux') {
      const command = execFileSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' })
      return command.includes('postgres') && command.includes(cluster)
    }
    return isPostgres(pid) && readlinkSync(`/proc/${pid}/cwd`) === realpathSync(cluster)
  } catch {
    return false
  }
}

function isPostgres(pid: number): boolean {
  return readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === 'postgres'
}

function remainingProcesses(cluster: string): number[] {
  if (process.platform !== 'linux') return []
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(basename(name)))
    .map(Number)
    .filter((pid) => worksOn(pid, cluster))
}
