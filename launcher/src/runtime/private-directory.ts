// The private directory of a run: mode 0700, files of mode 0600, nothing of it left afterwards.
import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { mkdir, open, rename } from 'node:fs/promises'
import { basename, join } from 'node:path'
// The type alone: who starts programs for a server loads this, and is to be small and up at once.
import type { Secret } from '@sluice/connector-specs'

/** A larger file is none that was put there to be read back. */
const MAXIMUM_BYTES = 64 * 1024 * 1024

/** Makes a private directory under `parent`. @returns its path */
export async function createPrivateDirectory(parent: string): Promise<string> {
  const directory = join(parent, randomBytes(9).toString('base64url'))
  await mkdir(directory, { mode: 0o700 })
  return directory
}

/** Writes a file of mode 0600 by renaming, so that a reader sees the old content or the new one. */
export async function writePrivateFile(
  directory: string,
  name: string,
  content: Secret<string> | string,
): Promise<void> {
  const path = join(directory, plainName(name))
  const temporary = `${path}.${randomBytes(6).toString('hex')}.new`
  const file = await open(temporary, 'wx', 0o600)
  try {
    await file.writeFile(typeof content === 'string' ? content : content.reveal())
  } finally {
    await file.close()
  }
  await rename(temporary, path)
}

/** Null when there is no such regular file: what a program may have put in its place is not followed. */
export async function readPrivateFile(directory: string, name: string): Promise<Buffer | null> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK
  const file = await open(join(directory, plainName(name)), flags).catch(() => null)
  if (!file) return null
  try {
    const stats = await file.stat()
    return stats.isFile() && stats.size <= MAXIMUM_BYTES ? await file.readFile() : null
  } finally {
    await file.close()
  }
}

function plainName(name: string): string {
  if (name === basename(name) && name !== '' && name !== '.' && name !== '..') return name
  throw new RangeError(`${JSON.stringify(name)} is no name of a file in the private directory.`)
}
