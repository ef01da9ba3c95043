import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { CliError } from './cli-error.ts'

/**
 * Opens a file for a secret that is yet to come: only its owner may read it, and it takes its name when it is whole.
 *
 * @throws CliError `source` when it cannot be written there
 */
export async function openPrivateFile(
  path: string,
): Promise<{ write(text: string): Promise<void>; abandon(): Promise<void> }> {
  const partial = `${path}.${process.pid}.partial`
  const file: FileHandle = await open(partial, 'wx', 0o600).catch((cause: NodeJS.ErrnoException) => {
    throw new CliError('source', `${path} cannot be written (${cause.code}).`, { cause })
  })
  return {
    async write(text) {
      await file.writeFile(text)
      await file.sync()
      await file.close()
      await rename(partial, path)
    },
    async abandon() {
      await file.close().catch(() => {})
      await rm(partial, { force: true })
    },
  }
}
