import { readFile, writeFile } from 'node:fs/promises'
import { isJsonObject, type JsonObject } from '@sluice/connector-specs'
import { CliError } from '../cli-error.ts'
import { replaceFile } from '../config/config-file.ts'

/** What `--save-state` wrote; `{}` without a file. @throws CliError `source` */
export async function readState(path: string | undefined): Promise<JsonObject> {
  if (path === undefined) return {}
  const next_action = 'Give a file that --save-state wrote, or leave --state out to begin anew.'
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new CliError('source', `The state file ${path} cannot be read.`, { next_action, cause })
  })
  const state = parse(text)
  if (isJsonObject(state)) return state
  throw new CliError('source', `${path} does not hold a state, which is a JSON object.`, { next_action })
}

export async function writeState(path: string, state: JsonObject): Promise<void> {
  const text = `${JSON.stringify(state)}\n`
  try {
    await writeFile(path, text, { flag: 'wx', mode: 0o600 })
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'EEXIST')) {
      throw new CliError('source', `The state cannot be written to ${path}.`, { cause })
    }
    await replaceFile(path, text)
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
