// What comes before documents: resources, fields and tables of the destination.
import { createHash } from 'node:crypto'
import { isJsonObject, type JsonObject } from '@sluice/connector-specs'
import type { StateUpdate } from '../../events/run-event.ts'
import type { Teller } from '../../events/teller.ts'
import type { Launch } from '../../launch.ts'
import type { ValidateBinding } from '../../protocol/requests.ts'
import { spec } from '../operations.ts'
import { askOnce } from '../unary.ts'
import { applyRequest, type Materialization } from './requests.ts'
import { applied } from './responses.ts'
import { validateMaterialization } from './validate-materialization.ts'

/** The bindings as the destination takes them, each resource named by its collection where nobody named it. */
export async function validateBindings(
  launch: Launch,
  { name, config, bindings }: { name: string; config: JsonObject; bindings: readonly ValidateBinding[] },
  teller: Teller,
): Promise<Materialization> {
  const { resource_config_schema } = await spec(launch)
  const named = bindings.map((binding) => ({
    ...binding,
    resource_config: withName(resource_config_schema, binding.resource_config, binding.collection.name),
  }))
  const selected = await validateMaterialization(launch, { name, config, bindings: named }, teller)
  const version = createHash('sha256').update(JSON.stringify(selected)).digest('hex').slice(0, 16)
  return { name, config, bindings: selected, version }
}

/** Has the destination make what it needs. */
export async function apply(
  launch: Launch,
  task: Materialization,
  state: JsonObject,
  teller: Teller,
): Promise<{ action_description: string; state: StateUpdate | null }> {
  const answer = await askOnce(launch, applyRequest(task, state), 'applied', applied, teller)
  return { action_description: answer.actionDescription, state: stateOf(answer) }
}

/** A response's update of the connector's state. */
export function stateOf(response: { state?: { updated: JsonObject; mergePatch: boolean } | null }): StateUpdate | null {
  const { state } = response
  return state ? { updated: state.updated, merge_patch: state.mergePatch } : null
}

/** With the collection's name, its last part, where the schema wants it and the resource has none. */
function withName(schema: JsonObject, resource: JsonObject, collection: string): JsonObject {
  const { properties } = schema
  if (!isJsonObject(properties)) return resource
  const place = Object.entries(properties).find(([, property]) => hasNamePlace(property))
  if (!place) return resource
  const [name, property] = place
  const given = resource[name]
  if (isJsonObject(property) && property['x-collection-name'] !== true) {
    return { ...resource, [name]: withName(property, isJsonObject(given) ? given : {}, collection) }
  }
  return given === undefined ? { ...resource, [name]: collection.split('/').at(-1) ?? collection } : resource
}

function hasNamePlace(schema: unknown): boolean {
  if (!isJsonObject(schema)) return false
  if (schema['x-collection-name'] === true) return true
  return isJsonObject(schema.properties) && Object.values(schema.properties).some(hasNamePlace)
}
