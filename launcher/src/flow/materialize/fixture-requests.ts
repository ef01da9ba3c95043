// The requests by which Flow materializes documents: apply, open, and for each transaction load, flush, store,
// startCommit and acknowledge (contracts: Flow's materialize protocol).
import { isJsonObject, type JsonObject, type JsonValue, readPointer } from '@sluice/connector-specs'
import type { Fixture, FixtureDocument } from '../../protocol/fixture.ts'
import { stateKey, type ValidateBinding } from '../../protocol/requests.ts'
import { packTuple } from './pack-tuple.ts'

const VERSION = 'test'
const WHOLE_RANGE = { keyBegin: 0, keyEnd: 0xffffffff, rClockBegin: 0, rClockEnd: 0xffffffff }
const DOCUMENT_FIELD = 'flow_document'

/** A binding's key and selected fields, as JSON pointers. */
interface Selection {
  keys: string[]
  values: string[]
  delta_updates: boolean
}

/** One request a message. The resource path is the texts of the resource, which `validate` would tell. */
export function* fixtureRequests({ name, config, bindings, state, transactions }: Fixture): Generator<JsonObject> {
  const selections = bindings.map(select)
  const materialization: JsonObject = {
    name,
    connectorType: 'LOCAL',
    config,
    bindings: bindings.map((binding, index) => specOf(binding, selections[index] ?? select(binding))),
  }
  yield { apply: { materialization, version: VERSION } }
  yield { open: { materialization, version: VERSION, range: WHOLE_RANGE, state } }
  yield { acknowledge: {} }
  const stored = new Set<string>()
  for (const [round, { documents, committed }] of transactions.entries()) {
    const keyed = documents.map((document) => keyOf(document, selections[document.binding], stored))
    for (const { load } of keyed) if (load) yield { load }
    yield { flush: {} }
    for (const { store } of keyed) yield { store }
    for (const { id } of keyed) stored.add(id)
    if (!committed) return
    yield { startCommit: { runtimeCheckpoint: { sources: { fixture: { readThrough: String(round + 1) } } } } }
    yield { acknowledge: {} }
  }
}

function select({ collection, resource_config }: ValidateBinding): Selection {
  const properties = isJsonObject(collection.schema.properties) ? Object.keys(collection.schema.properties) : []
  const values = properties.map((property) => `/${property.replaceAll('~', '~0').replaceAll('/', '~1')}`)
  return {
    keys: collection.key,
    values: values.filter((pointer) => !collection.key.includes(pointer)).sort(),
    delta_updates: Object.entries(resource_config).some(
      ([key, value]) => /^delta_?updates$/i.test(key) && value === true,
    ),
  }
}

function specOf(binding: ValidateBinding, { keys, values, delta_updates }: Selection): JsonObject {
  const { collection, resource_config, backfill } = binding
  const { name, key, schema } = collection
  const resourcePath = Object.values(resource_config).filter((value) => typeof value === 'string')
  const projection = (pointer: string) => ({
    ptr: pointer,
    field: fieldOf(pointer),
    ...(keys.includes(pointer) && { isPrimaryKey: true }),
    inference: { types: typesAt(schema, pointer), exists: keys.includes(pointer) ? 'MUST' : 'MAY' },
  })
  return {
    resourceConfig: resource_config,
    resourcePath,
    collection: {
      name,
      key,
      writeSchema: schema,
      readSchema: schema,
      partitionFields: [],
      projections: [
        { ptr: '', field: DOCUMENT_FIELD, inference: { types: ['object'], exists: 'MUST' } },
        ...[...keys, ...values].map(projection),
      ],
    },
    fieldSelection: { keys: keys.map(fieldOf), values: values.map(fieldOf), document: DOCUMENT_FIELD, fieldConfig: {} },
    deltaUpdates: delta_updates,
    backfill: backfill ?? 0,
    stateKey: stateKey(resourcePath, backfill),
  }
}

function keyOf({ binding, document, exists }: FixtureDocument, selection: Selection | undefined, stored: Set<string>) {
  const { keys = [], values = [], delta_updates = false } = selection ?? {}
  const at = (pointer: string): JsonValue => readPointer(document, pointer) ?? null
  const keyPacked = packTuple(keys.map(at)).toString('base64')
  const id = `${binding} ${keyPacked}`
  const load = { binding, key: keys.map(at), keyPacked }
  const store = {
    ...load,
    values: values.map(at),
    valuesPacked: packTuple(values.map(at)).toString('base64'),
    doc: document,
    exists: !delta_updates && (exists ?? stored.has(id)),
  }
  return { id, load: delta_updates ? null : load, store }
}

function fieldOf(pointer: string): string {
  return pointer.slice(1).replaceAll('~1', '/').replaceAll('~0', '~')
}

function typesAt(schema: JsonObject, pointer: string): string[] {
  const property = readPointer(schema, pointer.replaceAll('/', '/properties/'))
  const type = isJsonObject(property) ? property.type : undefined
  if (typeof type === 'string') return [type]
  return Array.isArray(type) ? type.map(String) : ['string']
}
