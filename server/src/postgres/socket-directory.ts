// The socket lies in a private directory under the system's temporary one: a path to a socket is limited to some
// hundred bytes (sun_path of unix(7)), which a data directory's path may exceed.

import { randomBytes } from 'node:crypto'
import { chownSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import type { OsAccount } from './postgres-account.ts'
import { PostgresError } from './postgres-error.ts'
import { firstClosedDirectory } from './reach.ts'

const NAME = /^sluice-postgres-[0-9a-f]{16}$/
const LONGEST_PATH = 103
const SOCKET_FILE = '.s.PGSQL.5432'

/** Makes a directory that only the account enters (and root). Its name is recorded first, for whoever clears up. */
export function makeSocketDirectory(record: string, account: OsAccount | null): string {
  const name = `sluice-postgres-${randomBytes(8).toString('hex')}`
  const directory = join(temporaryHome(name, account), name)
  writeFileSync(record, directory, { mode: 0o600 })
  mkdirSync(directory, { mode: 0o700 })
  if (account !== null) chownSync(directory, account.uid, account.gid)
  return directory
}

/** Removes the directory that an earlier supervisor recorded, which nobody uses any more. */
export function removeRecordedSocketDirectory(record: string): void {
  if (existsSync(record)) removeSocketDirectory(readFileSync(record, 'utf8'), record)
}

/** Removes the directory, also when the record of it is gone, and the record. */
export function removeSocketDirectory(directory: string, record: string): void {
  if (NAME.test(basename(directory))) rmSync(directory, { recursive: true, force: true })
  rmSync(record, { force: true })
}

export function socketPath(directory: string): string {
  return join(directory, SOCKET_FILE)
}

function temporaryHome(name: string, account: OsAccount | null): string {
  const homes = [...new Set([tmpdir(), '/tmp', '/var/tmp'])].filter((home) => existsSync(home))
  const usable = homes.find(
    (home) =>
      Buffer.byteLength(socketPath(join(home, name))) <= LONGEST_PATH &&
      (account === null || firstClosedDirectory(home, account) === null),
  )
  if (usable !== undefined) return usable
  throw new PostgresError(
    'postgres_unreachable_directory',
    `Postgres needs a temporary directory with a short path that ${account?.name ?? 'this user'} can enter; none of ${homes.join(', ')} is. Set TMPDIR to one.`,
  )
}
