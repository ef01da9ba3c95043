import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createRedactor } from './redactor.ts'

const SECRET = 'sk-live/A+b=c&d"e\\f%g é~'
const redactor = createRedactor([SECRET])
const assertHidden = (text: string) => assert.equal(redactor.redact(`before ${text} after`), 'before [redacted] after')

test('S45 a secret is redacted as it is, JSON-escaped, URL-, form- and HTML-encoded, and in hex', () => {
  assertHidden(SECRET)
  assertHidden(JSON.stringify(SECRET).slice(1, -1))
  assertHidden(JSON.stringify(JSON.stringify(SECRET)).slice(3, -3))
  assertHidden(encodeURIComponent(SECRET))
  assertHidden(encodeURIComponent(encodeURIComponent(SECRET)))
  assertHidden(new URLSearchParams({ x: SECRET }).toString().slice(2))
  assertHidden(encodeURIComponent(SECRET).replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()))
  assertHidden('sk-live&#x2F;A+b&#x3D;c&amp;d&quot;e\\f%g &#233;~')
  assertHidden('sk-live\\/A\\u002bb\\u003Dc\\u0026d\\"e\\\\f%g \\u00e9~')
  assertHidden(Buffer.from(SECRET).toString('hex'))
  assertHidden(Buffer.from(SECRET).toString('hex').toUpperCase())
})

test('S45 a long secret is redacted in lower case too, as a host that was asked for is told', () => {
  const token = 'Canary-Token-0123456789AbCdEf'
  const redactor = createRedactor([token, 'Short'])
  const { hostname } = new URL(`https://${token}.example/`)
  assert.ok(hostname.startsWith(token.toLowerCase()))
  assert.ok(!redactor.redact(`The host ${hostname} is not declared.`).includes('canary'))
  assert.equal(redactor.redact('short words stay'), 'short words stay')
})

test('S45 base64 and base64url of any text that holds the secret keep nothing of it but its edges', () => {
  for (const encoding of ['base64', 'base64url'] as const) {
    for (const prefix of ['', 'u', 'us', 'use', 'user:']) {
      const text = Buffer.from(`${prefix}${SECRET};tail`).toString(encoding)
      const shown = redactor.redact(text)
      assert.match(shown, /\[redacted\]/, `${encoding} after "${prefix}"`)
      assert.ok(!Buffer.from(shown, encoding).toString('latin1').includes('live'))
    }
  }
})

test('S45 a secret cut by chunk boundaries anywhere is redacted', () => {
  const text = `token=${SECRET} and ${encodeURIComponent(SECRET)}.`
  const characters = [...text]
  for (let cut = 0; cut <= characters.length; cut++) {
    const stream = redactor.stream()
    const first = stream.push(characters.slice(0, cut).join(''))
    const second = stream.push(characters.slice(cut).join(''))
    assert.equal(first + second + stream.end(), 'token=[redacted] and [redacted].')
  }
})

test('S45 any pieces of any text give what the whole text gives', () => {
  const noise = fc.array(fc.constantFrom(SECRET, SECRET.slice(0, 9), 'sk-', 'x', ' ', encodeURIComponent(SECRET)))
  fc.assert(
    fc.property(noise, fc.array(fc.nat(40)), (parts, sizes) => {
      const text = parts.join('')
      const stream = redactor.stream()
      let shown = ''
      let at = 0
      for (const size of sizes) {
        shown += stream.push(text.slice(at, at + size))
        at += size
      }
      assert.equal(shown + stream.push(text.slice(at)) + stream.end(), redactor.redact(text))
    }),
  )
})

test('S45 a text that is cut short does not end in half a secret', () => {
  const stream = redactor.stream()
  const shown = stream.push(`a long text, then ${SECRET.slice(0, 12)}`) + stream.cut()
  assert.ok(!shown.includes('sk-live'))
})

test('S45 overlapping secrets leave no remainder, and a PEM key is hidden line by line', () => {
  assert.equal(createRedactor(['abcdefgh', 'efghijkl']).redact('x abcdefghijkl y'), 'x [redacted] y')
  const pem = '-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0\nAQEFAASCBKcwggSjAgEAAoI=\n-----END KEY-----'
  const lines = createRedactor([pem])
  assert.equal(lines.redact('> MIIEvQIBADANBgkqhkiG9w0'), '> [redacted]')
})

test('values of fewer than four characters are not searched for', () => {
  assert.equal(createRedactor(['abc', '']).redact('abc abcd'), 'abc abcd')
})

test('every string and key of a JSON value is redacted', () => {
  const { redactJson } = createRedactor(['hunter22'])
  assert.deepEqual(redactJson({ a: ['hunter22', 1, null], 'k-hunter22': { b: 'x' } }), {
    a: ['[redacted]', 1, null],
    'k-[redacted]': { b: 'x' },
  })
})
