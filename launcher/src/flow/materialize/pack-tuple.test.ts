import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonValue } from '@sluice/connector-specs'
import { packTuple } from './pack-tuple.ts'

// From the specification's own examples, and a value of each kind besides.
test('values are packed as FoundationDB tuples have them', () => {
  const cases: [JsonValue, string][] = [
    [null, '00'],
    ['FÔO\u0000bar', '0246c3944f00ff62617200'],
    [0, '14'],
    [5, '1505'],
    [-5, '13fa'],
    [255, '15ff'],
    [256, '160100'],
    [-5551212, '11ab4b93'],
    [-42.5, '213fbabfffffffffff'],
    [2.5, '21c004000000000000'],
    [false, '26'],
    [true, '27'],
    [['a'], '015b2261225d00'],
  ]
  for (const [value, hex] of cases) assert.equal(packTuple([value]).toString('hex'), hex, String(value))
  assert.equal(packTuple([1, undefined, 'x']).toString('hex'), '150100027800')
})

test('the order of packed numbers is that of the numbers', () => {
  const numbers = [-70000, -256, -255, -1, 0, 1, 255, 256, 70000]
  const packed = numbers.map((number) => packTuple([number]))
  assert.deepEqual(packed.toSorted(Buffer.compare), packed)
  const fractions = [-1e9 - 0.5, -2.5, -0.25, 0.25, 2.5].map((number) => packTuple([number]))
  assert.deepEqual(fractions.toSorted(Buffer.compare), fractions)
})
