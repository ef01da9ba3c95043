// The requests by which Flow materializes documents: apply, open, and for each transaction load, flush, store,
// startCommit and acknowledge (contracts: Flow's materialize protocol).
import type { JsonObject } from '@sluice/connector-specs'
import type { Fixture } from '../../protocol/fixture.ts'
import type { ValidateBinding } from '../../protocol/requests.ts'
import { loadRequest, packedKey, storeRequest } from './documents.ts'
import { depthOf, projectionsOf } from './projections.ts'
import { ACKNOWLEDGE, applyRequest, FLUSH, openRequest, type SelectedBinding, startCommitRequest } from './requests.ts'

/** One request a message. The resource path is the texts of the resource, which `validate` would tell. */
export function* fixtureRequests({ name, config, bindings, state, transactions }: Fixture): Generator<JsonObject> {
  const selected = bindings.map(select)
  const task = { name, config, bindings: selected, version: 'test' }
  yield applyRequest(task, state)
  yield openRequest(task, state)
  yield ACKNOWLEDGE
  const stored = new Set<string>()
  for (const [round, { documents, committed }] of transactions.entries()) {
    const keyed = documents.flatMap(({ binding: index, document, exists }) => {
      const binding = selected[index]
      if (!binding) return []
      const id = `${index} ${packedKey(binding, document).toString('base64')}`
      return [{ index, binding, document, id, exists: !binding.delta_updates && (exists ?? stored.has(id)) }]
    })
    for (const { index, binding, document } of keyed) {
      if (!binding.delta_updates) yield loadRequest(index, binding, document)
    }
    yield FLUSH
    for (const { index, binding, document, exists } of keyed) yield storeRequest(index, binding, document, { exists })
    for (const { id } of keyed) stored.add(id)
    if (!committed) return
    yield startCommitRequest({ sources: { fixture: { readThrough: String(round + 1) } } })
    yield ACKNOWLEDGE
  }
}

/** All that the document has at its top, as if the destination took it. */
function select(binding: ValidateBinding): SelectedBinding {
  const projections = projectionsOf(binding.collection)
  return {
    ...binding,
    resource_path: Object.values(binding.resource_config).filter((value) => typeof value === 'string'),
    delta_updates: Object.entries(binding.resource_config).some(
      ([key, value]) => /^delta_?updates$/i.test(key) && value === true,
    ),
    selection: {
      keys: binding.collection.key.flatMap((key) => projections.filter(({ pointer }) => pointer === key)),
      values: projections.filter(({ pointer, is_key }) => depthOf(pointer) === 1 && !is_key),
      document: projections.find(({ pointer }) => pointer === '') ?? null,
      field_config: {},
    },
    ser_policy: null,
  }
}
