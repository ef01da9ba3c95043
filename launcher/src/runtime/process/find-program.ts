import { access, constants, stat } from 'node:fs/promises'
import { delimiter, isAbsolute, join, resolve } from 'node:path'
import { StartError } from '../runtime.ts'

/**
 * The path of a program as `execvp` would find it from `cwd`.
 *
 * @throws StartError when it is not found, or is not executable
 */
export async function findProgram(program: string, path: string, cwd: string): Promise<string> {
  const candidates = program.includes('/')
    ? [isAbsolute(program) ? program : resolve(cwd, program)]
    : path.split(delimiter).map((directory) => join(resolve(cwd, directory || '.'), program))
  let isThere = false
  for (const candidate of candidates) {
    const found = await stat(candidate).catch(() => null)
    if (!found?.isFile()) continue
    if (await mayRun(candidate)) return candidate
    isThere = true
  }
  throw new StartError(`cannot be started: ${program} ${isThere ? 'is not executable' : 'was not found'}`)
}

async function mayRun(path: string): Promise<boolean> {
  return await access(path, constants.X_OK).then(
    () => true,
    () => false,
  )
}
