import assert from 'node:assert/strict'
import { test } from 'node:test'
import { foldState } from './fold-state.ts'

const fold = (state: object, patch: object) =>
  foldState(JSON.parse(JSON.stringify(state)), { updated: JSON.parse(JSON.stringify(patch)), merge_patch: true })

test('a merge patch follows the examples of RFC 7396', () => {
  assert.deepEqual(fold({ a: 'b' }, { a: 'c' }), { a: 'c' })
  assert.deepEqual(fold({ a: 'b' }, { b: 'c' }), { a: 'b', b: 'c' })
  assert.deepEqual(fold({ a: 'b', b: 'c' }, { a: null }), { b: 'c' })
  assert.deepEqual(fold({ a: ['b'] }, { a: 'c' }), { a: 'c' })
  assert.deepEqual(fold({ a: { b: 'c' } }, { a: { b: 'd', c: null } }), { a: { b: 'd' } })
  assert.deepEqual(fold({ a: [{ b: 'c' }] }, { a: [1] }), { a: [1] })
  assert.deepEqual(fold({ e: null }, { a: 1 }), { e: null, a: 1 })
  assert.deepEqual(fold({}, { a: { bb: { ccc: null } } }), { a: { bb: {} } })
})

test('a checkpoint without merge patch is the whole state, nulls included', () => {
  assert.deepEqual(foldState({ a: 1 }, { updated: { b: null }, merge_patch: false }), { b: null })
})

test('S32 a patch that names __proto__ pollutes nothing', () => {
  const folded = foldState({}, { updated: JSON.parse('{"__proto__":{"polluted":true}}'), merge_patch: true })
  assert.equal(({} as Record<string, unknown>).polluted, undefined)
  assert.deepEqual(Object.keys(folded), ['__proto__'])
})
