import { randomUUID } from 'node:crypto'
import { open, readFile, realpath, rename, rm, stat } from 'node:fs/promises'
import { extname } from 'node:path'
import type { DocumentFormat } from '@sluice/connector-specs'
import { CliError } from '../cli-error.ts'

export interface ConfigFile {
  text: string
  format: DocumentFormat
}

/** @throws CliError `source` */
export async function readConfigFile(path: string): Promise<ConfigFile> {
  try {
    return { text: await readFile(path, 'utf8'), format: extname(path) === '.json' ? 'json' : 'yaml' }
  } catch (cause) {
    throw new CliError('source', `${path} cannot be read.`, { next_action: 'Give the path of a config file.', cause })
  }
}

/** Replaces a file in one step: readers see the old text or the new, and a crash leaves one of the two. */
export async function replaceFile(
  name: string,
  text: string,
  { is_private = false }: { is_private?: boolean } = {},
): Promise<void> {
  // A link stays one.
  const path = await realpath(name)
  const { mode } = await stat(path)
  const temporary = `${path}.${randomUUID()}.tmp`
  try {
    const file = await open(temporary, 'wx', mode & (is_private ? 0o700 : 0o777))
    await file.writeFile(text)
    await file.sync()
    await file.close()
    await rename(temporary, path)
  } finally {
    await rm(temporary, { force: true })
  }
}
