import assert from 'node:assert/strict'
import { test } from 'node:test'
import { enterUserCode, startLab } from './index.ts'
import { discover } from './test-client.ts'

test('a person who enters a code that no device shows is asked again', async () => {
  const lab = await startLab({ standards: ['device_code'] })
  try {
    const uri = `${lab.origin}/device`
    const page = await (await fetch(uri)).text()
    assert.match(page, /Enter the code that your device shows/)
    const choice = { decision: 'allow' as const }
    await assert.rejects(enterUserCode(uri, 'BBBB-BBBB', choice), {
      code: 'consent_failed',
      message: /not accepted/,
    })
  } finally {
    await lab.close()
  }
})

test('a lab that was started without standards offers none of them', async () => {
  const lab = await startLab()
  try {
    const server = await discover(lab)
    assert.equal(server.device_authorization_endpoint, undefined)
    assert.equal(server.registration_endpoint, undefined)
    assert.equal(server.dpop_signing_alg_values_supported, undefined)
    assert.equal(server.require_pushed_authorization_requests, undefined)
    assert.doesNotMatch(String(server.grant_types_supported), /client_credentials|device_code/)
    assert.deepEqual(server.token_endpoint_auth_methods_supported, ['client_secret_basic', 'client_secret_post'])
  } finally {
    await lab.close()
  }
})
