import assert from 'node:assert/strict'
import { test } from 'node:test'
import { notion } from '../fixtures/flow-specs.ts'
import { build } from '../fixtures/token-requests.ts'

test('S29 colon and percent in a client id are encoded in the Basic header', () => {
  const basic = (client_id: string, client_secret: string) => {
    const header = build(notion, { client_id, client_secret }).headers.authorization ?? ''
    return Buffer.from(header.replace('Basic ', ''), 'base64').toString()
  }
  assert.equal(basic('a:b', 'c:d'), 'a%3Ab:c:d')
  assert.equal(basic('a%b', 'c%d'), 'a%25b:c%25d')
  assert.equal(basic('a', 'p+/='), 'a:p+/=')
  assert.equal(basic('ä', '日'), '%C3%A4:%E6%97%A5')
})
