// Where a connector's secrets came out: in its own output, in command lines, in files beside it.
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'

const MAXIMUM_FILE_BYTES = 4 * 1024 * 1024

/** Programs whose command line holds one of the secrets now. Empty where there is no /proc. */
export async function commandLinesWith(secrets: readonly string[]): Promise<string[]> {
  const processes = await readdir('/proc').catch(() => [])
  const lines = await Promise.all(
    processes
      .filter((name) => /^\d+$/.test(name))
      .map((name) => readFile(join('/proc', name, 'cmdline'), 'latin1').catch(() => '')),
  )
  return lines.filter((line) => holdsAny(line, secrets)).map((line) => line.split('\0')[0] ?? '')
}

/** Files below a directory that were written since `since` and hold one of the secrets. */
export async function filesWith(directory: string, secrets: readonly string[], since: Date): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => [])
  const found: string[] = []
  for (const entry of entries) {
    const path = join(entry.parentPath, entry.name)
    if (!entry.isFile() || path.includes('/node_modules/') || path.includes('/.git/')) continue
    const { mtime, size } = await stat(path)
    if (mtime < since || size > MAXIMUM_FILE_BYTES) continue
    if (holdsAny(await readFile(path, 'latin1'), secrets)) found.push(path)
  }
  return found
}

function holdsAny(text: string, secrets: readonly string[]): boolean {
  return secrets.some((secret) => secret.length >= 8 && text.includes(secret))
}
