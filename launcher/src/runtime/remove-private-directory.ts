import { chmod, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'

/** Removes a private directory with all that lies in it, directories that the program made unreadable included. */
export async function removePrivateDirectory(path: string): Promise<void> {
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
