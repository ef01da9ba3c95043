import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sharedBuffersMB } from './settings.ts'

test('Postgres may share an eighth of the memory, and never less than it needs or more than it uses', () => {
  const GB = 1024 ** 3
  assert.deepEqual([0.25 * GB, 2 * GB, 24 * GB].map(sharedBuffersMB), [64, 256, 512])
})
