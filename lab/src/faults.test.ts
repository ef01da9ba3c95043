import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { FAULTS, type Lab, type LabClient, startLab } from './index.ts'
import { authorize, refresh } from './test-client.ts'

let lab: Lab
let client: LabClient
let refresh_token: string | undefined
before(async () => {
  lab = await startLab({ rotation: 'always' })
})
beforeEach(async () => {
  client = lab.addClient()
  refresh_token = (await authorize(lab, client)).refresh_token
})
after(() => lab.close())

const post = (signal?: AbortSignal) =>
  fetch(`${lab.origin}/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'refresh_token',
      client_id: client.client_id,
      client_secret: client.client_secret,
      refresh_token: refresh_token ?? '',
    }),
    ...(signal && { signal }),
  })

test('a fault meets the next token request, then the endpoint is well again', async () => {
  lab.fault('html_502')
  const before = lab.token_requests
  const response = await post()
  assert.equal(response.status, 502)
  assert.equal(response.headers.get('content-type'), 'text/html')
  assert.ok((await refresh(lab, client, refresh_token)).access_token)
  assert.equal(lab.token_requests - before, 2)
})

test('faults queue up, may repeat, and may be declared by the test', async () => {
  lab.fault('not_json')
  lab.fault('error_in_200', 2)
  lab.fault({ status: 429, body: '{"error":"slow_down"}' })
  const replies: [number, string][] = []
  for (let request = 0; request < 4; request += 1) {
    const response = await post()
    replies.push([response.status, await response.text()])
  }
  assert.deepEqual(replies, [
    [200, FAULTS.not_json.body],
    [200, FAULTS.error_in_200.body],
    [200, FAULTS.error_in_200.body],
    [429, '{"error":"slow_down"}'],
  ])
})

test('a huge reply is 20 MB', async () => {
  lab.fault('huge')
  assert.ok((await (await post()).arrayBuffer()).byteLength > 20 * 1024 * 1024)
})

test('a slow reply begins and does not end soon', async () => {
  lab.fault({ ...FAULTS.slow, drip_ms: 5 })
  const reader = (await post()).body?.getReader()
  assert.equal((await reader?.read())?.value?.length, 1)
  await reader?.cancel()
})

test('a hanging request ends only when the client gives up', async () => {
  lab.fault('hang')
  await assert.rejects(post(AbortSignal.timeout(50)), { name: 'TimeoutError' })
})

test('a lost reply leaves the refresh token rotated and the client without the new one', async () => {
  lab.fault('lost_reply')
  await assert.rejects(post(), { name: 'TypeError' })
  await assert.rejects(refresh(lab, client, refresh_token), { error: 'invalid_grant' })
})
