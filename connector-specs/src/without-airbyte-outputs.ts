import type { AirbytePaths, JsonObject, JsonValue } from '@sluice/oauth'
import { isJsonObject } from './json-object.ts'

/**
 * An Airbyte config schema as a person fills it before authorizing: without what the flow yields, what the operator
 * supplies and the choice of OAuth, by the spec's path maps; with what the flow needs of the person. The given schema
 * stays as it is.
 */
export function withoutAirbyteOutputs(schema: JsonObject, oauth: AirbytePaths): JsonObject {
  const needed = oauth.user_input.map(({ path }) => path)
  const taken = [...oauth.output, ...oauth.server_output].map(({ path }) => path)
  if (oauth.predicate !== null) taken.push(oauth.predicate.path)

  let result = schema
  for (const root of new Set(taken.map(([step]) => step ?? ''))) {
    const inputs = needed.filter(([step]) => step === root)
    result = inputs.length === 0 ? without(result, root) : keeping(result, root, inputs)
  }
  return result
}

function without(schema: JsonObject, property: string): JsonObject {
  const { [property]: _taken, ...properties } = objectOf(schema.properties)
  const required = listOf(schema.required).filter((name) => name !== property)
  return { ...schema, properties, required }
}

/** The property as an object of the person's inputs alone, its way to authenticate chosen already. */
function keeping(schema: JsonObject, property: string, inputs: string[][]): JsonObject {
  const whole = objectOf(objectOf(schema.properties)[property])
  const { title, description, order } = whole
  const properties: JsonObject = {}
  const required: string[] = []
  for (const [, name, ...deeper] of inputs) {
    if (name === undefined) continue
    const place = placesOf(whole).find((arm) => name in objectOf(arm.properties))
    if (place === undefined) continue
    properties[name] = objectOf(place.properties)[name] ?? {}
    if (deeper.length === 0 && listOf(place.required).includes(name)) required.push(name)
  }
  const kept = { type: 'object', ...given({ title, description, order }), properties, required }
  return { ...schema, properties: { ...objectOf(schema.properties), [property]: kept } }
}

/** The schema itself and the arms of its choice. */
function placesOf(schema: JsonObject): JsonObject[] {
  return [schema, ...[schema.oneOf ?? [], schema.anyOf ?? []].flat().filter(isJsonObject)]
}

function given(members: Record<string, JsonValue | undefined>): JsonObject {
  return Object.fromEntries(
    Object.entries(members).filter((entry): entry is [string, JsonValue] => entry[1] !== undefined),
  )
}

function objectOf(value: JsonValue | undefined): JsonObject {
  return isJsonObject(value) ? value : {}
}

function listOf(value: JsonValue | undefined): JsonValue[] {
  return Array.isArray(value) ? value : []
}
