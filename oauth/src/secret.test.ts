import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { secret } from './secret.ts'

test('a secret shows itself only through reveal', () => {
  const token = secret('tok-1')
  assert.equal(token.reveal(), 'tok-1')
  const shown = [
    String(token),
    `${token}`,
    JSON.stringify({ token }),
    inspect({ token }),
    inspect(token, { showHidden: true }),
  ]
  for (const text of shown) {
    assert.ok(text.includes('[secret]'), text)
    assert.ok(!text.includes('tok-1'), text)
  }
  assert.deepEqual(Object.keys(token), [])
})
