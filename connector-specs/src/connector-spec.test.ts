import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readFlowSpec } from './connector-spec.ts'

const FLOW = { protocol: 3032023, configSchema: { type: 'object' }, resourceConfigSchema: {} }

test("a Flow spec is read into a record, the connector's OAuth spec as it is", () => {
  const oauth2 = { provider: 'lab', authUrlTemplate: 'https://x.example/{{{ state }}}' }
  const documentationUrl = 'https://docs.example/'
  assert.deepEqual(
    readFlowSpec({ ...FLOW, oauth2, documentationUrl, resourcePathPointers: ['/stream'], $internal: 1 }),
    {
      protocol: 3032023,
      config_schema: { type: 'object' },
      resource_config_schema: {},
      documentation_url: 'https://docs.example/',
      resource_path_pointers: ['/stream'],
      oauth2,
    },
  )
})

test('a documentation address that is no web address is dropped', () => {
  assert.equal(readFlowSpec({ ...FLOW, documentationUrl: 'javascript:alert(1)' }).documentation_url, null)
  assert.equal(readFlowSpec({ ...FLOW, documentationUrl: '' }).documentation_url, null)
})

test('a spec that lacks its schema is refused by the name of the field', () => {
  assert.throws(() => readFlowSpec({ protocol: 1, resourceConfigSchema: {} }), /configSchema: must be an object/)
})
