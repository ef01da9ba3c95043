import { isJsonObject, type JsonObject, type JsonValue } from '@sluice/connector-specs'
import type { DiscoveredBinding } from './discovered-binding.ts'
import type { ValidateBinding } from './requests.ts'

/** A binding that someone chose, as flow.yaml writes it. */
export interface WantedBinding {
  resource: JsonObject
  /** The collection's name. */
  target: string
  disable: boolean
}

/**
 * The bindings to validate and capture: those wanted, each with the schema, the key and what else of its resource config
 * discovery found (an open schema without key where it found none); without wanted ones, all discovered that are not
 * disabled, named `prefix/recommended_name`.
 */
export function bindCollections(
  found: readonly DiscoveredBinding[],
  options: { wanted?: readonly WantedBinding[]; resource_path_pointers: readonly string[]; prefix: string },
): ValidateBinding[] {
  const { wanted, resource_path_pointers: pointers, prefix } = options
  if (!wanted || wanted.length === 0) {
    return found
      .filter(({ disable }) => !disable)
      .map((binding) => bind(`${prefix}/${binding.recommended_name}`, binding.resource_config, binding))
  }
  const byPath = new Map(found.map((binding) => [pathOf(binding.resource_config, pointers), binding]))
  return wanted
    .filter(({ disable }) => !disable)
    .map(({ resource, target }) => {
      const found = byPath.get(pathOf(resource, pointers))
      return bind(target, { ...found?.resource_config, ...resource }, found)
    })
}

function bind(name: string, resource_config: JsonObject, found: DiscoveredBinding | undefined): ValidateBinding {
  const { key = [], document_schema: schema = { type: 'object' } } = found ?? {}
  return { collection: { name, key, schema }, resource_config }
}

function pathOf(resource: JsonObject, pointers: readonly string[]): string {
  return JSON.stringify(pointers.length === 0 ? resource : pointers.map((pointer) => at(resource, pointer) ?? null))
}

function at(resource: JsonObject, pointer: string): JsonValue | undefined {
  let value: JsonValue | undefined = resource
  for (const token of pointer.split('/').slice(1)) {
    if (!isJsonObject(value)) return undefined
    value = value[token.replaceAll('~1', '/').replaceAll('~0', '~')]
  }
  return value
}
