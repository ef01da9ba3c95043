// A process is told from a later one with the same pid by its start time, and from one before a reboot by the boot id.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

export interface ProcessIdentity {
  pid: number
  /** Opaque; empty when the system does not say. */
  started: string
  /** Opaque; empty when the system does not say. */
  boot: string
}

/** proc(5): X is the state of the dead. */
const GONE = 'X'

/** Identity of a running process, or null when there is none. A zombie has ended and counts as none. */
export function identifyProcess(pid: number): ProcessIdentity | null {
  if (!signalReaches(pid)) return null
  const { state, started } = process.platform === 'linux' ? readProcStat(pid) : readPs(pid)
  if (state.startsWith('Z') || state.startsWith('X')) return null
  return { pid, started, boot: bootId() }
}

/** Whether this very process still runs. What the system does not tell counts in its favour. */
export function isRunning(identity: ProcessIdentity): boolean {
  const now = identifyProcess(identity.pid)
  return now !== null && agree(now.started, identity.started) && agree(now.boot, identity.boot)
}

function agree(a: string, b: string): boolean {
  return a === '' || b === '' || a === b
}

function signalReaches(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Fields 3 (state) and 22 (start time in clock ticks since boot) of proc(5) `stat`; field 2 may hold blanks. */
function readProcStat(pid: number): { state: string; started: string } {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return { state: fields[0] ?? '', started: fields[19] ?? '' }
  } catch {
    // Either it ended since the signal reached it, or its /proc entry is hidden from us, which tells nothing.
    return { state: signalReaches(pid) ? '' : GONE, started: '' }
  }
}

function readPs(pid: number): { state: string; started: string } {
  try {
    const line = execFileSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim()
    const [state = '', ...started] = line.split(/\s+/)
    return { state, started: started.join(' ') }
  } catch {
    return { state: '', started: '' }
  }
}

function bootId(): string {
  try {
    return process.platform === 'linux'
      ? readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
      : execFileSync('sysctl', ['-n', 'kern.bootsessionuuid'], { encoding: 'utf8' }).trim()
  } catch {
    return ''
  }
}
