// Whether an account gets to a path, read off the permission bits: it has no supplementary groups.
import { realpathSync, type Stats, statSync } from 'node:fs'
import { dirname } from 'node:path'
import type { OsAccount } from './postgres-account.ts'

const READ = 4
const SEARCH = 1

/** The outermost directory, `path` included, that the account may not pass through; null when it gets there. */
export function firstClosedDirectory(path: string, account: OsAccount): string | null {
  return ancestors(realpathSync(path)).find((directory) => !allows(statSync(directory), account, SEARCH)) ?? null
}

/** Whether the account can open the file at `path` for reading. */
export function canRead(path: string, account: OsAccount): boolean {
  const file = statSync(path, { throwIfNoEntry: false })
  return file !== undefined && firstClosedDirectory(dirname(path), account) === null && allows(file, account, READ)
}

function ancestors(path: string): string[] {
  const parent = dirname(path)
  return parent === path ? [path] : [...ancestors(parent), path]
}

function allows({ uid, gid, mode }: Stats, account: OsAccount, bit: number): boolean {
  const shift = uid === account.uid ? 6 : gid === account.gid ? 3 : 0
  return ((mode >> shift) & bit) === bit
}
