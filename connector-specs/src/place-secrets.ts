// Flow's exclusive form of an endpoint: a config in clear, and a `secrets` stanza that says by JSON pointers where the
// secrets belong. Their values lie in a file of their own.
import { readFile } from 'node:fs/promises'
import type { JsonObject, JsonValue } from '@sluice/oauth'
import { isJsonObject } from './json-object.ts'
import { parsePointer, readPointer, writePointer } from './json-pointer.ts'
import { parseText } from './parse-text.ts'
import type { KeySources } from './sops/data-key.ts'
import { unsealConfig } from './sops/unseal-config.ts'
import { SpecError } from './spec-error.ts'

export interface SecretsChoice {
  /** The file with the values by the names of the stanza; undefined when the caller has none, null to do without. */
  path: string | null | undefined
  /** What opens it where sops encrypted it. */
  keys: KeySources
  /** Where something of the endpoint stands. */
  at(...path: string[]): string
}

/**
 * The config with its secrets in their places. Every declared one must have a value, and no place may hold one already.
 *
 * @throws SpecError `invalid_config_file` or `file_not_found` with the place in the flow.yaml; no value is quoted
 */
export async function placeSecrets(
  config: JsonObject,
  declared: Record<string, string>,
  { path, keys, at }: SecretsChoice,
): Promise<JsonObject> {
  if (path === null) return config
  const names = Object.keys(declared)
  const fault = (message: string, ...where: string[]) =>
    new SpecError('invalid_config_file', message, { place: at('secrets', ...where) })
  if (path === undefined && names.length > 0) {
    throw fault(`The config needs ${names.join(', ')}. Give the file with their values by --secrets.`)
  }
  const values = path === undefined ? {} : await readSecrets(path, keys)
  const filled = structuredClone(config)
  for (const [name, pointer] of Object.entries(declared)) {
    const value: JsonValue | undefined = Object.hasOwn(values, name) ? values[name] : undefined
    if (value === undefined || value === null) throw fault(`${path} has no value for ${name}. Add it there.`, name)
    if (readPointer(config, pointer) !== undefined) {
      throw fault(`The config has a value at ${pointer} already, where ${name} belongs. Remove one of the two.`, name)
    }
    openWay(filled, pointer, () => fault(`${pointer} does not lead to a field of the config. Mend it.`, name))
    writePointer(filled, pointer, value)
  }
  return filled
}

/** Makes the objects above a pointer's field. */
function openWay(config: JsonObject, pointer: string, fault: () => SpecError): void {
  let node: JsonObject = config
  for (const token of parsePointer(pointer).slice(0, -1)) {
    const next = Object.hasOwn(node, token) ? node[token] : {}
    if (!isJsonObject(next) || token === '__proto__') throw fault()
    node[token] = next
    node = next
  }
}

async function readSecrets(path: string, keys: KeySources): Promise<JsonObject> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    const message = 'This file of secrets cannot be read. Mend the path of --secrets.'
    throw new SpecError('file_not_found', message, { place: path, cause })
  })
  const value = parseText(path, text, 'invalid_config_file')
  if (!isJsonObject(value)) {
    throw new SpecError('invalid_config_file', 'Must hold an object: the names of the secrets, with their values.', {
      place: path,
    })
  }
  if (!('sops' in value)) return value
  return (await unsealConfig(text, path.endsWith('.json') ? 'json' : 'yaml', keys)).config
}
