// A connector as Flow's CDK has it: it rotates when it opens, posts `{config, schema}` to ENCRYPTION_URL and logs what it
// got back as `configUpdate`.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonObject } from '@sluice/connector-specs'
import { launchScript } from '../fixtures/launch-script.ts'
import type { Launch } from '../launch.ts'
import { readToEnd } from '../testing/read-to-end.ts'
import { capture } from './capture.ts'
import { startEncryptionEndpoint } from './encryption-endpoint.ts'

const CONFIG = { region: 'all', credentials: { refresh_token: 'the-first-refresh-token' } }
const SCHEMA: JsonObject = {
  type: 'object',
  properties: {
    region: { type: 'string' },
    credentials: { type: 'object', properties: { refresh_token: { type: 'string', secret: true, minLength: 8 } } },
  },
}

const rotating = (refresh_token: string, options: Partial<Launch> = {}) =>
  launchScript(
    `onRequest(async (key, { capture }) => {
      if (key === 'apply') answer({ applied: {} })
      if (key !== 'open') return
      const { config } = capture
      config.credentials.refresh_token = ${JSON.stringify(refresh_token)}
      config.region = 'elsewhere'
      const response = await fetch(process.env.ENCRYPTION_URL, { method: 'POST', body: JSON.stringify({ config, schema: {} }) })
      log({ level: 'info', msg: 'rotated', fields: { eventType: 'configUpdate', config: await response.json() } })
      log({ level: 'info', msg: 'codec ' + process.env.FLOW_RUNTIME_CODEC })
      answer({ opened: {} })
      process.stdin.destroy()
    })`,
    { secrets: ['the-first-refresh-token'], config_schema: SCHEMA, ...options },
  )

async function updates(launch: Launch) {
  const request = { name: 'acme/x', config: CONFIG, state: {}, bindings: [] }
  const read = await readToEnd(capture(launch, request))
  const configs = read.events.flatMap((event) => (event.type === 'config_update' ? [event.config.reveal()] : []))
  return { ...read, configs, logs: read.events.flatMap((event) => (event.type === 'log' ? [event.message] : [])) }
}

test('what a connector rotates is encrypted by us alone, and only its secrets are kept', async () => {
  const { configs, logs, error, events } = await updates(rotating('the-second-refresh-token'))
  assert.equal(error, null)
  assert.deepEqual(configs, [{ region: 'all', credentials: { refresh_token: 'the-second-refresh-token' } }])
  assert.deepEqual(logs, ['codec json'])
  assert.equal(JSON.stringify(events).includes('second-refresh'), false)
})

test('a rotated field that breaks the config schema is not kept', async () => {
  const { configs, logs } = await updates(rotating('short'))
  assert.deepEqual(configs, [])
  assert.match(logs.join(), /rotated nothing was left out/)
})

test('the endpoint serves the run that knows its path, and opens its own envelopes only', async () => {
  const [one, other] = [await startEncryptionEndpoint(), await startEncryptionEndpoint()]
  try {
    const post = (url: string, body: string) => fetch(url, { method: 'POST', body })
    const response = await post(one.url, JSON.stringify({ config: CONFIG, schema: {} }))
    const envelope = (await response.json()) as JsonObject
    assert.equal(JSON.stringify(envelope).includes('refresh'), false)
    assert.deepEqual([one.open(envelope), other.open(envelope), one.open({})], [CONFIG, null, null])
    const elsewhere = new URL('/v1/encrypt-config', one.url).href
    assert.equal((await post(elsewhere, JSON.stringify({ config: CONFIG }))).status, 404)
    assert.equal((await fetch(one.url)).status, 405)
    assert.equal((await post(one.url, '{"config":7}')).status, 400)
    assert.equal((await post(one.url, 'x'.repeat(5_000_000)).catch(() => ({ status: 400 }))).status, 400)
  } finally {
    one.close()
    other.close()
  }
})
