import { execFile } from 'node:child_process'
import { chownSync, closeSync, fsyncSync, openSync } from 'node:fs'
import { mkdtemp, readdir, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import type { PostgresBinaries } from './choose-binaries.ts'
import type { OsAccount } from './postgres-account.ts'
import { PostgresError } from './postgres-error.ts'
import { postgresEnvironment } from './settings.ts'

export interface InitializeCluster {
  binaries: PostgresBinaries
  cluster: string
  account: OsAccount | null
  fsync: boolean
}

/** Who owns the cluster itself; the server signs in as a lesser role. */
export const SUPERUSER = 'postgres'

/**
 * Makes a new cluster beside its place and renames it there, so that a death in between leaves nothing half made; what
 * an earlier death left is cleared away.
 *
 * Clients are trusted because the socket's directory lets in nobody else.
 *
 * @throws PostgresError `postgres_initialization_failed` with the end of initdb's output.
 */
export async function initializeCluster({ binaries, cluster, account, fsync }: InitializeCluster): Promise<void> {
  const parent = dirname(cluster)
  const draftPrefix = `${basename(cluster)}-draft-`
  for (const name of (await readdir(parent)).filter((name) => name.startsWith(draftPrefix))) {
    await rm(join(parent, name), { recursive: true })
  }

  const draft = await mkdtemp(join(parent, draftPrefix))
  if (account !== null) chownSync(draft, account.uid, account.gid)
  const args = [
    ...['--pgdata', draft, '--username', SUPERUSER, '--encoding=UTF8', '--no-locale', '--data-checksums'],
    ...['--auth-local=trust', '--auth-host=reject', '--no-instructions'],
    ...(fsync ? [] : ['--no-sync']),
  ]
  try {
    await promisify(execFile)(join(binaries.bin, 'initdb'), args, {
      cwd: '/',
      env: postgresEnvironment(),
      ...(account === null ? {} : { uid: account.uid, gid: account.gid }),
    })
  } catch (cause) {
    const { stderr = '', message } = cause as Error & { stderr?: string }
    throw new PostgresError(
      'postgres_initialization_failed',
      `A new database could not be made in ${parent}: ${stderr.trim().split('\n').slice(-3).join(' ') || message}`,
      { cause },
    )
  }
  await rename(draft, cluster)
  if (fsync) syncDirectory(parent)
}

function syncDirectory(path: string): void {
  const descriptor = openSync(path, 'r')
  fsyncSync(descriptor)
  closeSync(descriptor)
}
