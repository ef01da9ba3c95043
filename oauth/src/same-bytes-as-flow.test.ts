import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { flowSpecs, hubspot } from './fixtures/flow-specs.ts'
import { renderAsFlow } from './fixtures/plain-mustache.ts'
import { build } from './fixtures/token-requests.ts'
import type { JsonObject } from './json.ts'

const unreserved = fc.stringMatching(/^[A-Za-z0-9\-._~]{1,40}$/)
const label = fc.stringMatching(/^[a-z0-9](?:[a-z0-9-]{0,20}[a-z0-9])?$/)
const benign = fc.record({
  client_id: unreserved,
  client_secret: unreserved,
  redirect_uri: fc.webUrl({ withQueryParameters: false }).filter((url) => /^[A-Za-z0-9\-._~:/]+$/.test(url)),
  code: unreserved,
  code_verifier: unreserved,
  config: fc.record({ store: label, subdomain: label, is_sandbox: fc.boolean() }),
})

for (const [name, spec] of Object.entries(flowSpecs)) {
  test(`${name}: benign values give byte for byte what plain mustache gives`, () => {
    fc.assert(
      fc.property(benign, (values) => {
        const request = build(spec, values)
        const flow = (template = '') =>
          renderAsFlow(template.replaceAll(/\{\{\{([#/])(\w+)\}\}\}/g, '{{$1$2}}'), values)
        assert.equal(request.url, new URL(flow(spec.accessTokenUrlTemplate)).href)
        assert.equal(request.body, flow(spec.accessTokenBody) || null)
        const headers: JsonObject = 'accessTokenHeaders' in spec ? spec.accessTokenHeaders : {}
        for (const [header, template] of Object.entries(headers)) {
          assert.equal(request.headers[header.toLowerCase()], flow(String(template)))
        }
      }),
    )
  })
}

test('where the author wrote urlencode, any text gives byte for byte what plain mustache gives', () => {
  const text = fc.string({ unit: 'grapheme', minLength: 1 }).filter((value) => value.isWellFormed())
  fc.assert(
    fc.property(fc.record({ client_id: text, client_secret: text, code: text, redirect_uri: text }), (values) => {
      assert.equal(build(hubspot, values).body, renderAsFlow(hubspot.accessTokenBody, values))
    }),
  )
})
