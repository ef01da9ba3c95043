import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createStartLimit } from './start-limit.ts'

test('S20 a million starts under a million names are remembered within bounds, and one name is still held back', () => {
  const limit = createStartLimit()
  const before = process.memoryUsage().heapUsed
  let now = 0
  for (let name = 0; name < 1_000_000; name += 1) limit.count(String(name), new Date(now++ / 100))
  const grown = process.memoryUsage().heapUsed - before
  assert.ok(grown < 100_000_000, `${grown} bytes`)
  for (let start = 0; start < 60; start += 1) limit.count('one', new Date(now / 100))
  assert.throws(() => limit.count('one', new Date(now / 100)), { code: 'too_many_starts' })
})

test('a window ends ten minutes after its first start', () => {
  const limit = createStartLimit({ starts: 1 })
  limit.count('a', new Date(0))
  assert.throws(() => limit.count('a', new Date(599_999)), /in 1 minutes/)
  limit.count('a', new Date(600_000))
})
