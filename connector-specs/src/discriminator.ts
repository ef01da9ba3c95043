// How the arms of a `oneOf` are told apart: estuary's CDK declares `discriminator`, Airbyte only repeats a `const`.
import type { JsonObject, JsonValue } from '@sluice/oauth'
import { isJsonObject } from './json-object.ts'
import { resolveLocalRef } from './subschemas.ts'

/** The alternatives of a `oneOf` or `anyOf`, each `$ref` followed. */
export function arms(root: JsonObject, choices: JsonValue | undefined): JsonObject[] {
  return Array.isArray(choices) ? choices.map((arm) => followRef(root, arm)) : []
}

/** The schema itself, or the one that its `$ref` names; its own keywords win over the referred ones. */
export function followRef(root: JsonObject, schema: JsonValue): JsonObject {
  if (!isJsonObject(schema)) return {}
  const target = typeof schema.$ref === 'string' ? resolveLocalRef(root, schema.$ref) : null
  return target ? { ...target, ...schema } : schema
}

/** The property that tells the arms apart: `discriminator.propertyName`, or the one that is a constant in every arm. */
export function discriminatorOf(choices: readonly JsonObject[], parent?: JsonObject): string | null {
  const declared = isJsonObject(parent?.discriminator) ? parent.discriminator.propertyName : undefined
  if (typeof declared === 'string') return declared
  const properties = choices[0]?.properties
  if (!isJsonObject(properties)) return null
  return Object.keys(properties).find((key) => choices.every((arm) => constantOf(arm, key) !== undefined)) ?? null
}

/** The constant that an arm requires of `property`: its `const`, or the only value of its `enum`. */
export function constantOf(arm: JsonObject, property: string): JsonValue | undefined {
  const schema =
    isJsonObject(arm.properties) && Object.hasOwn(arm.properties, property) ? arm.properties[property] : null
  if (!isJsonObject(schema)) return undefined
  if (schema.const !== undefined) return schema.const
  return Array.isArray(schema.enum) && schema.enum.length === 1 ? schema.enum[0] : undefined
}
