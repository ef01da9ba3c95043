// A connector that spends its refresh token would fail at its next start with the config of before, so what it rotated is
// written back to where it came from.
import { isJsonObject, type JsonObject, type JsonValue, type Secret, secretPointers } from '@sluice/connector-specs'
import { printableJson } from '../printable.ts'
import type { Terminal } from '../terminal.ts'
import { changeConfig } from './change-config.ts'
import { readConfigFile, replaceFile } from './config-file.ts'
import { differences } from './differences.ts'

export interface Origin {
  /** The file of `--credentials`; `-` for stdin, null when there was none. */
  credentials: string | null
  /** The config's property that the credentials took. */
  property: string
  /** The file that holds the config; null where it stands in the flow.yaml itself. */
  config: string | null
  /** The endpoint's secrets came from a file of their own. */
  has_secrets: boolean
  schema: JsonObject
}

/** Writes each rotated config after the other; the command ends once the last is written. */
export function keepRotated(
  origin: Origin,
  before: JsonObject,
  terminal: Terminal,
): (rotated: Secret<JsonObject>) => void {
  let known = before
  let kept = Promise.resolve()
  terminal.atEnd(() => kept)
  return (rotated) => {
    const config = rotated.reveal()
    const changes = new Map(differences(known, config))
    known = config
    kept = kept.then(() => keep(origin, config, changes, terminal)).catch((error) => tellLost(terminal, reason(error)))
  }
}

async function keep(
  { credentials, property, config: path, has_secrets, schema }: Origin,
  config: JsonObject,
  changes: Map<string, JsonValue>,
  terminal: Terminal,
): Promise<void> {
  const inCredentials = [...changes.keys()].every((pointer) => pointer.startsWith(`/${property}/`))
  if (credentials === '-') return tellLost(terminal, 'they came by a pipe')
  if (credentials !== null && inCredentials) {
    await replaceCredentials(credentials, config[property])
    return tellKept(terminal, credentials)
  }
  if (has_secrets) return tellLost(terminal, 'the file of --secrets is not written')
  if (path === null) return tellLost(terminal, 'the config stands in the flow.yaml; put it into a file of its own')
  await changeConfig(path, { set: changes, secrets: secretPointers(schema, config), encrypt_for: null }, terminal)
  tellKept(terminal, path)
}

async function replaceCredentials(path: string, credentials: JsonValue | undefined): Promise<void> {
  const { text } = await readConfigFile(path)
  const value: unknown = JSON.parse(text.slice(text.indexOf('{')))
  // When the new access token expires is the connector's to know.
  if (isJsonObject(value)) await replaceFile(path, `${printableJson({ ...value, credentials, expires_at: null })}\n`)
}

function tellKept(terminal: Terminal, path: string): void {
  terminal.note(
    `${terminal.paint('cyan', 'rotated')} the connector exchanged its credentials; the new ones are in ${path}.`,
  )
}

function tellLost(terminal: Terminal, why: string): void {
  terminal.tell(
    `${terminal.paint('yellow', 'warning:')} the connector exchanged its credentials for new ones, which were not kept: ${why}. ` +
      'Those of before may no longer work; run `raw oauth` again.',
  )
}

/** The name of the error alone where its words may say more than it should. */
function reason(error: unknown): string {
  return error instanceof Error ? error.message.replace(/\.$/, '') : 'the file cannot be written'
}
