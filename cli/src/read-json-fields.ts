import { readFile } from 'node:fs/promises'
import { CliError } from './cli-error.ts'

/** Fields of a request body, which the server checks. @throws CliError `source` when the file holds no JSON object */
export async function readJsonFields<T extends object>(path: string): Promise<Partial<T>> {
  const text = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new CliError('source', `${path} cannot be read (${cause.code}).`, { cause })
  })
  const fields = parse(text)
  if (typeof fields === 'object' && fields !== null && !Array.isArray(fields)) return fields as Partial<T>
  throw new CliError('source', `${path} holds no JSON object.`)
}

/** Its errors would quote the file, which may hold secrets. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
