import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonObject, JsonValue } from '@sluice/connector-specs'
import { ConnectorError } from '../../connector-error.ts'
import { reduceDocuments } from './reduce-documents.ts'
import { reductionPlan } from './reduction-plan.ts'

const collection = 'acme/pets'

/** Reduces values at `/v` of documents one after the other; a failed one leaves what there was. */
function reducer(schema: JsonObject) {
  const plan = reductionPlan(collection, { properties: { v: schema }, reduce: { strategy: 'merge' } })
  let current: JsonObject | null = null
  return (v: JsonValue, full = false): JsonValue => {
    current = current ? reduceDocuments({ collection, plan }, current, { v }, full) : { v }
    return current.v ?? null
  }
}

const refused = (act: () => unknown, message: RegExp) =>
  assert.throws(act, (error: unknown) => {
    assert.ok(error instanceof ConnectorError)
    assert.equal(error.code, 'unsuitable')
    assert.match(error.message, message)
    return true
  })

const by = (strategy: string, more: JsonObject = {}): JsonObject => ({ reduce: { strategy, ...more } })

test('without annotations the last document wins as it is, and the first one where that is said', () => {
  const last = reducer({})
  assert.deepEqual([last({ a: 1 }), last({ b: 2 }), last(null)], [{ a: 1 }, { b: 2 }, null])
  const first = reducer(by('firstWriteWins'))
  assert.deepEqual([first('a'), first({ b: 2 }), first(null)], ['a', 'a', 'a'])
})

test('sums add numbers, and refuse what is none or cannot be told exactly, naming the place and no value', () => {
  const sum = reducer(by('sum'))
  assert.deepEqual([sum(1), sum(2), sum(-4), sum(0.5)], [1, 3, -1, -0.5])
  refused(() => sum('secret'), /^Documents of the collection acme\/pets cannot be .* at \/v `sum` takes numbers\./)
  const large = reducer(by('sum'))
  large(Number.MAX_SAFE_INTEGER)
  refused(() => large(1), /too large/)
})

test('the smallest and the largest are kept, by a key where there is one, and equals of one key are merged', () => {
  const minimum = reducer(by('minimize'))
  assert.deepEqual([minimum(3), minimum(4), minimum(2), minimum('a'), minimum(null)], [3, 3, 2, 2, null])
  const schema = { ...by('maximize', { key: ['/k'] }), properties: { n: by('sum') } }
  const maximum = reducer(schema)
  assert.deepEqual(maximum({ k: 3, n: 1 }), { k: 3, n: 1 })
  assert.deepEqual(maximum({ n: 9 }), { k: 3, n: 1 }, 'what is not there is before all that is')
  assert.deepEqual(maximum({ k: 3, n: 1, x: true }), { k: 3, n: 2, x: true })
  assert.deepEqual(maximum({ k: 4, n: 7 }), { k: 4, n: 7 })
})

test('objects are merged by their properties, arrays by their places or by a key', () => {
  const objects = reducer({ ...by('merge'), additionalProperties: by('sum') })
  objects({ a: 1, b: 1 })
  assert.deepEqual(objects({ b: 2, c: 3 }), { a: 1, b: 3, c: 3 })
  const places = reducer({ ...by('merge'), items: by('maximize') })
  places([0, 1, 0])
  assert.deepEqual(places([3, 0, 2, 'd']), [3, 1, 2, 'd'])
  const keyed = reducer({
    ...by('merge', { key: ['/k'] }),
    items: { ...by('merge'), properties: { n: by('sum') } },
  })
  keyed([
    { k: 5, n: 1 },
    { k: 9, n: 1 },
  ])
  assert.deepEqual(
    keyed([
      { k: 3, n: 1 },
      { k: 9, n: 4 },
    ]),
    [
      { k: 3, n: 1 },
      { k: 5, n: 1 },
      { k: 9, n: 5 },
    ],
  )
  refused(() => keyed('text'), /at \/v `merge` takes two objects or two arrays/)
})

test('arrays are appended, and nothing is where null stands', () => {
  const append = reducer(by('append'))
  append([1])
  assert.deepEqual(append([2, 3]), [1, 2, 3])
  refused(() => append({}), /`append` takes arrays/)
  const none = reducer(by('append'))
  none(null)
  assert.equal(none([1]), null)
})

test('sets take additions, removals and intersections, which a full reduction leaves out', () => {
  const set = reducer({ ...by('set'), properties: { add: { additionalProperties: by('sum') } } })
  set({ add: { b: 1 } })
  assert.deepEqual(set({ add: { z: 1 } }), { add: { b: 1, z: 1 } })
  assert.deepEqual(set({ remove: { z: 0 }, add: { a: 1, b: 1 } }), { add: { a: 1, b: 2 }, remove: { z: 0 } })
  assert.deepEqual(set({ remove: { b: 0 }, add: { b: 5 } }), { add: { a: 1, b: 5 }, remove: { b: 0, z: 0 } })
  assert.deepEqual(set({ remove: { y: 0 }, add: { c: 1 } }, true), { add: { a: 1, b: 5, c: 1 } })
  assert.deepEqual(set({ intersect: { a: 0, d: 0 } }), { add: { a: 1 }, intersect: { a: 0, d: 0 } })
  assert.deepEqual(set({ add: { d: 1 } }), { add: { a: 1, d: 1 }, intersect: { a: 0, d: 0 } })
  assert.deepEqual(set({ intersect: { d: 0 } }), { add: { d: 1 }, intersect: { d: 0 } })
  const sorted = reducer({ ...by('set', { key: [''] }) })
  sorted({ add: [3, 5] })
  assert.deepEqual(sorted({ remove: [5], add: [1] }), { add: [1, 3], remove: [5] })
  refused(() => sorted({ add: { a: 1 } }), /`set` takes objects/)
  refused(() => sorted({ intersect: [], remove: [] }), /`set` takes objects/)
})

test('annotations are found behind references, in parts of a schema, and under conditions on the later document', () => {
  const plan = reductionPlan(collection, {
    $defs: { counted: { properties: { n: by('sum') } } },
    allOf: [{ $ref: '#/$defs/counted' }],
    if: { properties: { op: { const: 'reset' } }, required: ['op'] },
    ...JSON.parse('{"then": {"reduce": {"strategy": "lastWriteWins"}}}'),
    else: by('merge'),
  })
  const reduce = (left: JsonObject, right: JsonObject) => reduceDocuments({ collection, plan }, left, right, true)
  assert.deepEqual(reduce({ id: 1, n: 2 }, { id: 1, n: 3 }), { id: 1, n: 5 })
  assert.deepEqual(reduce({ id: 1, n: 2, x: 1 }, { id: 1, op: 'reset' }), { id: 1, op: 'reset' })
})

test('a read schema takes up the annotations of the write schema that is bundled with it', () => {
  const plan = reductionPlan(collection, {
    allOf: [{ $ref: 'flow://write-schema' }, { $ref: 'flow://inferred-schema' }],
    $defs: { 'flow://write-schema': { ...by('merge'), properties: { n: by('sum') } } },
  })
  assert.deepEqual(reduceDocuments({ collection, plan }, { n: 1, x: 1 }, { n: 2 }, true), { n: 3, x: 1 })
})

test('a place that says to be deleted is, once the reduction is full', () => {
  const schema = {
    ...by('merge'),
    properties: { gone: { oneOf: [{ type: 'string' }, { type: 'null', ...by('lastWriteWins', { delete: true }) }] } },
  }
  const plan = reductionPlan(collection, schema)
  const [left, right] = [
    { id: 1, gone: 'here' },
    { id: 1, gone: null },
  ]
  assert.deepEqual(reduceDocuments({ collection, plan }, left, right, false), { id: 1, gone: null })
  assert.deepEqual(reduceDocuments({ collection, plan }, left, right, true), { id: 1 })
})

test('an annotation that is not offered is told by its place in the schema before any document comes', () => {
  const of = (v: JsonObject) => () => reductionPlan(collection, { properties: { v } })
  refused(of(by('jsonSchemaMerge')), /acme\/pets reduces at \/properties\/v by "jsonSchemaMerge", which is not offered/)
  refused(of({ patternProperties: { '^a': by('sum') } }), /reduces at \/properties\/v within `patternProperties`/)
})
