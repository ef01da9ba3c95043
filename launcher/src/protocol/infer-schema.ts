// Most taps tell nobody what their config may hold; a sample config of theirs is the next best thing.
import { isJsonObject, type JsonObject, type JsonValue } from '@sluice/connector-specs'
import { soundsSecret } from './sounds-secret.ts'

/** The config schema of which `sample` is an example. Nothing is required; what sounds secret is secret. */
export function inferSchema(title: string, sample: JsonObject): JsonObject {
  return { $schema: 'http://json-schema.org/draft-07/schema#', title, ...schemaOf(sample, '') }
}

function schemaOf(value: JsonValue, name: string): JsonObject {
  if (isJsonObject(value)) {
    const properties = Object.entries(value).map(([key, item]) => [
      key,
      { title: titled(key), ...schemaOf(item ?? null, key) },
    ])
    return { type: 'object', properties: Object.fromEntries(properties), additionalProperties: true }
  }
  if (Array.isArray(value)) return { type: 'array', ...(value[0] !== undefined && { items: schemaOf(value[0], name) }) }
  switch (typeof value) {
    case 'boolean':
      return { type: 'boolean' }
    case 'number':
      return { type: 'number' }
    case 'string':
      return { type: 'string', ...(soundsSecret(name) && { secret: true }) }
    default:
      return {}
  }
}

function titled(key: string): string {
  const words = key.replaceAll(/[_-]+/g, ' ').trim()
  return words.charAt(0).toUpperCase() + words.slice(1)
}
