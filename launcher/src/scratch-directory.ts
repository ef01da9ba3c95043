import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A directory of mode 0700 that a connector has as HOME and TMPDIR, so that what it caches goes when it goes. */
export async function createScratchDirectory(): Promise<string> {
  return await mkdtemp(join(tmpdir(), 'sluice-run-'))
}

/** Removes it with all that lies in it, directories that the connector made unreadable included. */
export async function removeScratchDirectory(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true, maxRetries: 3, retryDelay: 50 })
  } catch {
    await unlock(path)
    await rm(path, { recursive: true, force: true, maxRetries: 3, retryDelay: 50 })
  }
}

async function unlock(directory: string): Promise<void> {
  await chmod(directory, 0o700)
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    if (entry.isDirectory()) await unlock(join(directory, entry.name))
  }
}
