import { readdir, readFile, readlink } from 'node:fs/promises'
import { basename } from 'node:path'
import { readSocketTable } from './socket-table.ts'

/** Who listens on a port, in words for an error message; null when it cannot be told. */
export async function portOwner(port: number): Promise<string | null> {
  const row = (await readSocketTable())?.find(({ local, state }) => state === 'listening' && local.endsWith(`:${port}`))
  if (row === undefined) return null
  const pid = await processHolding(`socket:[${row.inode}]`)
  if (pid === null) return `a process of the user with id ${row.uid}`
  return `${await programOf(pid)} (process ${pid})`
}

/** Its executable's name; else what it calls its main thread, which for Node is no name. */
async function programOf(pid: string): Promise<string> {
  const executable = await readlink(`/proc/${pid}/exe`).catch(() => null)
  if (executable !== null) return basename(executable).replace(/ \(deleted\)$/, '')
  return (await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => 'a program')).trim()
}

async function processHolding(socket: string): Promise<string | null> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const holders = await Promise.all(pids.map(async (pid) => ((await linksOf(pid)).includes(socket) ? pid : null)))
  return holders.find((pid) => pid !== null) ?? null
}

/** What the process's file descriptors are; empty for processes of other users. */
async function linksOf(pid: string): Promise<string[]> {
  const descriptors = await readdir(`/proc/${pid}/fd`).catch(() => [])
  return await Promise.all(descriptors.map((name) => readlink(`/proc/${pid}/fd/${name}`).catch(() => '')))
}
