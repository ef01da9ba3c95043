import type { JsonObject } from '@sluice/oauth'
import { isJsonObject } from '../json-object.ts'
import { SpecError } from '../spec-error.ts'

/**
 * Merges `sops.overlay` into a config (RFC 7396). The overlay is not encrypted and no MAC covers it, so it may reach
 * only what the config schema marks `nonsensitive: true`.
 *
 * @throws SpecError `invalid_config_file` with the field's path
 */
export function applyOverlay(schema: JsonObject, config: JsonObject, overlay: JsonObject): JsonObject {
  return merge(schema, config, overlay, [])
}

function merge(schema: JsonObject, target: JsonObject, patch: JsonObject, path: string[]): JsonObject {
  const merged = new Map(Object.entries(target))
  for (const [key, part] of Object.entries(patch)) {
    const place = [...path, key]
    const subschema = property(schema, key)
    const known = merged.get(key)
    if (subschema.nonsensitive !== true && isJsonObject(part)) {
      merged.set(key, merge(subschema, isJsonObject(known) ? known : {}, part, place))
      continue
    }
    if (subschema.nonsensitive !== true) {
      const message = `sops.overlay changes ${place.join('.')}, which the schema does not mark nonsensitive. Change it by sops.`
      throw new SpecError('invalid_config_file', message)
    }
    if (part === null) merged.delete(key)
    else merged.set(key, isJsonObject(part) ? mergePatch(isJsonObject(known) ? known : {}, part) : part)
  }
  return Object.fromEntries(merged)
}

function mergePatch(target: JsonObject, patch: JsonObject): JsonObject {
  const merged = new Map(Object.entries(target))
  for (const [key, part] of Object.entries(patch)) {
    const known = merged.get(key)
    if (part === null) merged.delete(key)
    else merged.set(key, isJsonObject(part) ? mergePatch(isJsonObject(known) ? known : {}, part) : part)
  }
  return Object.fromEntries(merged)
}

function property(schema: JsonObject, key: string): JsonObject {
  const properties = isJsonObject(schema.properties) ? schema.properties : {}
  const found = Object.hasOwn(properties, key) ? properties[key] : undefined
  return isJsonObject(found) ? found : {}
}
