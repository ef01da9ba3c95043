import { readFile } from 'node:fs/promises'
import { isJsonObject, type JsonObject, type JsonValue, MASK, type Secret, secret } from '@sluice/connector-specs'
import { CliError } from '../cli-error.ts'
import type { Terminal } from '../terminal.ts'

const HOW = 'Make it by `raw oauth … --show-secrets --json > creds.json`.'

/**
 * Reads what `raw oauth --show-secrets --json` printed, and warns when its access token has expired.
 *
 * @throws CliError `source` when the file cannot be read, is something else, or is redacted. Nothing of it is quoted.
 */
export async function readCredentials(file: string, terminal: Terminal): Promise<Secret<JsonObject>> {
  const content = file === '-' ? await terminal.readInput() : await readNamed(file)
  const { credentials, expires_at } = parse(content, file)
  if (stringsIn(credentials).includes(MASK)) {
    throw new CliError('source', `The credentials in ${file} are redacted.`, { next_action: HOW })
  }
  if (typeof expires_at === 'string' && Date.parse(expires_at) < Date.now()) {
    terminal.tell(
      `${terminal.paint('yellow', 'warning:')} the access token in ${file} expired at ${new Date(expires_at).toISOString()}. ` +
        'If the connector does not refresh it by itself, run `raw oauth` again.',
    )
  }
  return secret(credentials)
}

/** Every string below a value. */
export function stringsIn(value: JsonValue): string[] {
  if (typeof value === 'string') return [value]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(stringsIn) : []
}

async function readNamed(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    throw new CliError('source', `The credentials file ${file} cannot be read.`, { next_action: HOW, cause })
  }
}

function parse(content: string, file: string): JsonObject & { credentials: JsonObject } {
  const value = parseJson(content)
  if (isJsonObject(value) && isJsonObject(value.credentials)) return { ...value, credentials: value.credentials }
  throw new CliError('source', `${file} does not hold the JSON object that \`raw oauth --json\` prints.`, {
    next_action: HOW,
  })
}

/** `npm run` without `-s` prints its banner, lines that begin with `>`, before the object. */
function parseJson(content: string): unknown {
  try {
    return JSON.parse(content.replace(/^(\s*>.*\n)*/, ''))
  } catch {
    return null
  }
}
