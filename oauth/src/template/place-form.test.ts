import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { hubspot, onedrive, shopify } from '../fixtures/flow-specs.ts'
import { build, refusal } from '../fixtures/token-requests.ts'

test('S27 a form value "&=+%" round-trips, also where the author encoded nothing', () => {
  for (const spec of [hubspot, onedrive, shopify]) {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('&=+%', 'a;b', '%41', '#?/')), (code) => {
        fc.pre(code.isWellFormed())
        const form = new URLSearchParams(build(spec, { code }).body ?? '')
        assert.equal(form.get('code'), code)
        assert.deepEqual(
          [...form.keys()],
          [...new URLSearchParams(spec.accessTokenBody.replaceAll(/\{\{.*?\}\}+/g, 'x')).keys()],
        )
      }),
    )
  }
})

test('text that is not well-formed Unicode is refused by field, not sent as something else', () => {
  assert.equal(refusal(() => build(hubspot, { code: 'x\ud800' })).field, 'code')
})
