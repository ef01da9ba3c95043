import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { secret } from '../secret.ts'
import { percentEncode } from './percent-encode.ts'
import { signature } from './signature.ts'
import {
  baseStringUri,
  normalizeParameters,
  type OAuth1Parameter,
  signatureBaseString,
} from './signature-base-string.ts'

const parameters = (object: Record<string, string>): OAuth1Parameter[] => Object.entries(object)

/** RFC 5849 §3.4.1.1. */
const EXAMPLE = {
  method: 'post',
  url: new URL('http://example.com/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b'),
  protocol_parameters: parameters({
    oauth_consumer_key: '9djdj82h48djs9d2',
    oauth_token: 'kkk9d7dh3k39sjv7',
    oauth_signature_method: 'HMAC-SHA1',
    oauth_timestamp: '137131201',
    oauth_nonce: '7d8f3e4a',
  }),
  form: 'c2&a3=2+q',
}

test('the signature base string of RFC 5849 §3.4.1.1', () => {
  assert.equal(
    signatureBaseString(EXAMPLE),
    'POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q' +
      '%26a3%3Da%26b5%3D%253D%25253D%26c%2540%3D%26c2%3D%26oauth_consumer_' +
      'key%3D9djdj82h48djs9d2%26oauth_nonce%3D7d8f3e4a%26oauth_signature_m' +
      'ethod%3DHMAC-SHA1%26oauth_timestamp%3D137131201%26oauth_token%3Dkkk' +
      '9d7dh3k39sjv7',
  )
})

test('the base string URIs of RFC 5849 §3.4.1.2', () => {
  assert.equal(baseStringUri(new URL('http://EXAMPLE.COM:80/r%20v/X?id=123')), 'http://example.com/r%20v/X')
  assert.equal(baseStringUri(new URL('https://www.example.net:8080/?q=1')), 'https://www.example.net:8080/')
})

test('the normalized parameters of RFC 5849 §3.4.1.3.2', () => {
  const collected = [...EXAMPLE.url.searchParams, ...EXAMPLE.protocol_parameters, ...new URLSearchParams(EXAMPLE.form)]
  assert.equal(
    normalizeParameters(collected),
    'a2=r%20b&a3=2%20q&a3=a&b5=%3D%253D&c%40=&c2=&oauth_consumer_key=9djdj82h48djs9d2&oauth_nonce=7d8f3e4a' +
      '&oauth_signature_method=HMAC-SHA1&oauth_timestamp=137131201&oauth_token=kkk9d7dh3k39sjv7',
  )
})

interface Story {
  method: string
  url: string
  token_secret: string | null
  protocol: Record<string, string>
  expected: string
}

/** RFC 5849 §1.2: the three requests of the printing service. */
const STORY: Story[] = [
  {
    method: 'POST',
    url: 'https://photos.example.net/initiate',
    token_secret: null,
    protocol: {
      oauth_timestamp: '137131200',
      oauth_nonce: 'wIjqoS',
      oauth_callback: 'http://printer.example.com/ready',
    },
    expected: '74KNZJeDHnMBp0EMJ9ZHt/XKycU=',
  },
  {
    method: 'POST',
    url: 'https://photos.example.net/token',
    token_secret: 'hdhd0244k9j7ao03',
    protocol: {
      oauth_token: 'hh5s93j4hdidpola',
      oauth_timestamp: '137131201',
      oauth_nonce: 'walatlh',
      oauth_verifier: 'hfdp7dh39dks9884',
    },
    expected: 'gKgrFCywp7rO0OXSjdot/IHF7IU=',
  },
  {
    method: 'GET',
    url: 'http://photos.example.net/photos?file=vacation.jpg&size=original',
    token_secret: 'pfkkdhi9sl3r4s00',
    protocol: { oauth_token: 'nnch734d00sl2jdk', oauth_timestamp: '137131202', oauth_nonce: 'chapoH' },
    expected: 'MdpQcU8iPSUjWoN/UDMsK2sui9I=',
  },
]

for (const { method, url, token_secret, protocol, expected } of STORY) {
  test(`the HMAC-SHA1 signature of RFC 5849 §1.2 for ${url}`, () => {
    const message = {
      method,
      url: new URL(url),
      protocol_parameters: parameters({
        oauth_consumer_key: 'dpf43f3p2l4k3l03',
        oauth_signature_method: 'HMAC-SHA1',
        ...protocol,
      }),
      form: null,
    }
    const client_secret = secret('kd94hf93k423kf44')
    const base_string = signatureBaseString(message)
    assert.equal(
      signature('HMAC-SHA1', base_string, client_secret, token_secret === null ? null : secret(token_secret)),
      expected,
    )
  })
}

test('HMAC-SHA256 signs the same base string', () => {
  const signed = signature('HMAC-SHA256', signatureBaseString(EXAMPLE), secret('j49sk3j29djd'), secret('dh893hdasih9'))
  assert.equal(Buffer.from(signed, 'base64').length, 32)
})

test('PLAINTEXT is both secrets, encoded and joined (RFC 5849 §3.4.4)', () => {
  assert.equal(
    signature('PLAINTEXT', 'ignored', secret('djr9rjt0jd78jf88'), secret('jjd99$tj88uiths3')),
    'djr9rjt0jd78jf88&jjd99%24tj88uiths3',
  )
  assert.equal(signature('PLAINTEXT', 'ignored', secret('djr9rjt0jd78jf88'), null), 'djr9rjt0jd78jf88&')
})

test('encoding leaves unreserved characters alone, writes all others in upper case, and is undone by decoding', () => {
  assert.equal(percentEncode("AZaz09-._~!*'()&=+ ☃", 'x'), 'AZaz09-._~%21%2A%27%28%29%26%3D%2B%20%E2%98%83')
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      fc.pre(text.isWellFormed())
      const encoded = percentEncode(text, 'x')
      assert.match(encoded, /^(?:[\w\-.~]|%[0-9A-F]{2})*$/)
      assert.equal(decodeURIComponent(encoded), text)
    }),
  )
})
