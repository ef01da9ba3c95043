// What a program forked and detached from itself: found by its control group where there is one, and by the private
// directory that every process inherits by name in its environment.
import { readdirSync, readFileSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'

const ROUNDS = 6

/** Kills every process whose environment names the directory. One that cleared its environment is not found. */
export async function killByDirectory(directory: string): Promise<void> {
  // Twice, because a process that becomes another program (execve) shows no environment for a moment.
  let isCalm = false
  for (let round = 0; round < ROUNDS; round += 1) {
    const pids = await processesNaming(directory)
    if (pids.length === 0 && isCalm) return
    isCalm = pids.length === 0
    for (const pid of pids) killNow(pid)
  }
}

/** The same at once and once, as at the end of our own process. */
export function killByDirectoryNow(directory: string): void {
  for (const name of readdirSync('/proc')) {
    const pid = Number(name)
    if (Number.isInteger(pid) && pid > 1 && pid !== process.pid && environmentOf(pid).includes(directory)) killNow(pid)
  }
}

function environmentOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8')
  } catch {
    return ''
  }
}

/** Ends a process; one that is gone already is no error. */
export function killNow(pid: number, signal: NodeJS.Signals = 'SIGKILL'): void {
  try {
    process.kill(pid, signal)
  } catch {
    // ESRCH: nobody is left, which is what was wanted. EPERM: it was never ours.
  }
}

async function processesNaming(directory: string): Promise<number[]> {
  const names = await readdir('/proc').catch(() => [])
  const pids = names.map(Number).filter((pid) => Number.isInteger(pid) && pid > 1 && pid !== process.pid)
  const named = await Promise.all(
    pids.map(async (pid) => {
      const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '')
      return environment.includes(directory) && (await isRunning(pid))
    }),
  )
  return pids.filter((_, index) => named[index])
}

async function isRunning(pid: number): Promise<boolean> {
  const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  return status !== '' && !/\) [ZX] /.test(status)
}
