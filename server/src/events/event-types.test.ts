import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { eventTypes } from './event-types.ts'

const source = fileURLToPath(new URL('..', import.meta.url))

test('every event type that the API reference names is emitted somewhere', () => {
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter(
    (name) => name.endsWith('.ts') && !name.endsWith('.test.ts') && !name.endsWith('event-types.ts'),
  )
  const code = files.map((name) => readFileSync(join(source, name), 'utf8')).join('\n')
  const silent = eventTypes.filter((type) => !code.includes(`'${type}'`))
  assert.deepEqual(silent, [])
})
