// A config as environment variables: each field is a variable of its name.
import type { JsonObject, JsonValue } from '@sluice/connector-specs'
import { ConnectorError } from '../connector-error.ts'

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/

/** Texts as they are, numbers and booleans as text, objects and lists as JSON; null and absent fields are left out. */
export function variablesOf(connector: string, config: JsonObject): [name: string, value: string][] {
  return Object.entries(config).flatMap(([name, value]) => {
    if (value === null || value === undefined) return []
    if (!NAME.test(name)) throw unusable(connector, `${name} cannot be the name of an environment variable`)
    const text = textOf(value)
    if (text.includes('\0')) throw unusable(connector, `${name} holds a NUL character`)
    return [[name, text]]
  })
}

/** The variables as a file that a POSIX shell reads: in single quotes nothing is special but the quote itself. */
export function variablesFile(variables: readonly [name: string, value: string][]): string {
  return variables.map(([name, value]) => `export ${name}='${value.replaceAll("'", `'\\''`)}'\n`).join('')
}

function textOf(value: JsonValue): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function unusable(connector: string, why: string): ConnectorError {
  return new ConnectorError('refused', `The config of ${connector} cannot be given to it: ${why}. Mend the config.`, {
    verdict: 'connector_broken',
  })
}
