import assert from 'node:assert/strict'
import { test } from 'node:test'
import { median, mergeResults, type Result } from './result.ts'

const row = (id: string, value: number): Result => ({
  id,
  value,
  unit: 's',
  reference: null,
  ratio: null,
  aim: null,
  holds: null,
})

test('new rows replace those with the same id, leave the others, and all are ordered by id', () => {
  const merged = mergeResults(
    [row('b.one', 1), row('c.one', 1)],
    [
      { id: 'b.one', value: 2, unit: 's' },
      { id: 'a.one', value: 3, unit: 's' },
    ],
  )
  assert.deepEqual(merged, [row('a.one', 3), row('b.one', 2), row('c.one', 1)])
})

test('the ratio is taken to the reference of the same run, else to that of an earlier one', () => {
  const half = { id: 'a.half', value: 50, unit: 'req/s', reference: 'a.whole' }
  const together = mergeResults([row('a.whole', 1000)], [half, { id: 'a.whole', value: 100, unit: 'req/s' }])
  assert.equal(together.find(({ id }) => id === 'a.half')?.ratio, 0.5)
  assert.equal(mergeResults([row('a.whole', 200)], [half])[0]?.ratio, 0.25)
  assert.equal(mergeResults([], [half])[0]?.ratio, null)
})

test('a row says whether its aim holds', () => {
  const holds = (value: number, aim: string) =>
    mergeResults([row('a.whole', 100)], [{ id: 'a.x', value, unit: 's', reference: 'a.whole', aim }])[1]?.holds
  assert.equal(holds(60, 'value <= 60'), true)
  assert.equal(holds(60.5, 'value <= 60'), false)
  assert.equal(holds(80, 'ratio >= 0.8'), true)
  assert.equal(holds(79, 'ratio >= 0.8'), false)
  assert.equal(
    mergeResults([], [{ id: 'a.x', value: 1, unit: 's', reference: 'a.y', aim: 'ratio >= 1' }])[0]?.holds,
    null,
  )
  assert.equal(mergeResults([], [{ id: 'a.x', value: 1, unit: 's' }])[0]?.holds, null)
  assert.throws(() => holds(1, 'quick'), { name: 'RangeError' })
})

test('the median is the middle value, or the mean of the middle two', () => {
  assert.equal(median([9, 1, 5]), 5)
  assert.equal(median([1, 10, 2, 3]), 2.5)
  assert.throws(() => median([]), { name: 'RangeError' })
})
