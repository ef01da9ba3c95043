// The bridge's JSON Schema of a ProtocolSchema, its own attributes put in the standard's words.
import { isJsonObject, type JsonObject } from '@sluice/connector-specs'
import { soundsSecret } from '../protocol/sounds-secret.ts'

/**
 * `validation` becomes `pattern`; a field with `condition_field` and `condition_target` is required where the condition
 * holds; what sounds secret is, because these schemas do not say.
 */
export function configSchemaOf(schema: JsonObject): JsonObject {
  const properties = Object.entries(isJsonObject(schema.properties) ? schema.properties : {})
  const required = Array.isArray(schema.required) ? schema.required : []
  const conditions: JsonObject[] = []
  const conditional = new Set<string>()
  const described = properties.map(([name, property]) => {
    const { validation, condition_field, condition_target, immutable, ...rest } = isJsonObject(property) ? property : {}
    if (typeof condition_field === 'string' && condition_target !== undefined) {
      conditional.add(name)
      const when = { properties: { [condition_field]: { const: condition_target } }, required: [condition_field] }
      // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
      if (required.includes(name)) conditions.push({ if: when, then: { required: [name] } })
    }
    const pattern = typeof validation === 'string' && validation !== '' ? { pattern: validation } : {}
    const secret = rest.type === 'string' && soundsSecret(name) ? { secret: true } : {}
    return [
      name,
      { title: titled(name), ...rest, ...pattern, ...secret, ...(immutable === true && { readOnly: true }) },
    ]
  })
  return {
    ...schema,
    properties: Object.fromEntries(described),
    required: required.filter((name) => typeof name !== 'string' || !conditional.has(name)),
    ...(conditions.length > 0 && { allOf: conditions }),
  }
}

function titled(key: string): string {
  const words = key.replaceAll(/[_-]+/g, ' ').trim()
  return words.charAt(0).toUpperCase() + words.slice(1)
}
