import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { type JsonObject, secret } from '@sluice/connector-specs'
import { launchScript, unconfined } from '../fixtures/launch-script.ts'
import { flow } from '../index.ts'
import type { LeasedGrant } from './leased-grant.ts'
import { openLease } from './open-lease.ts'
import { airbytePlace, FLOW_PLACE, placeCredentials, SINGER_PLACE } from './place-credentials.ts'

const LIFETIME_MS = 1_200

/** Tokens of `LIFETIME_MS`, numbered. */
function issuer() {
  let issued = 0
  const grant = (): LeasedGrant => {
    issued += 1
    const expires_at = new Date(Date.now() + LIFETIME_MS)
    const access_token = `token-${issued}`
    return {
      access_token: secret(access_token),
      expires_at,
      credentials: secret({ access_token, access_token_expires_at: expires_at.toISOString() }),
    }
  }
  return { grant, issued: () => issued }
}

test("credentials go where the connector looks for them: Flow's, Airbyte's and Singer's fields", () => {
  const config = secret<JsonObject>({ region: 'eu', credentials: { refresh_token: 'kept' } })
  const credentials = secret<JsonObject>({ access_token: 'a', token_expiry_date: '2030-01-01' })
  const placed = (place: Parameters<typeof placeCredentials>[2]) =>
    placeCredentials(config, credentials, place).reveal()
  assert.deepEqual(placed(FLOW_PLACE), {
    region: 'eu',
    credentials: { refresh_token: 'kept', access_token: 'a', token_expiry_date: '2030-01-01' },
  })
  assert.deepEqual(placed(SINGER_PLACE), {
    region: 'eu',
    credentials: { refresh_token: 'kept' },
    access_token: 'a',
    token_expiry_date: '2030-01-01',
  })
  const airbyte = airbytePlace([
    { name: 'access_token', path: ['auth', 'o/auth', 'token'] },
    { name: 'token_expiry_date', path: ['credentials', 'expiry'] },
  ])
  assert.deepEqual(placed(airbyte), {
    region: 'eu',
    credentials: { refresh_token: 'kept', expiry: '2030-01-01' },
    auth: { 'o/auth': { token: 'a' } },
  })
  assert.deepEqual(config.reveal(), { region: 'eu', credentials: { refresh_token: 'kept' } })
  placeCredentials(config, secret(JSON.parse('{"__proto__":{"polluted":1}}')), SINGER_PLACE)
  assert.equal('polluted' in {}, false)
})

test('a connector that runs for many lifetimes of its token finds a valid one in its file at every look', async () => {
  const tokens = issuer()
  const lease = await openLease({
    config: secret({ region: 'eu' }),
    grant: tokens.grant(),
    place: FLOW_PLACE,
    renew: async () => tokens.grant(),
  })
  const running = await unconfined.start((directory) => ({
    name: 'acme/tap',
    command: [
      process.execPath,
      '-e',
      `const look = () => {
        const { region, credentials } = JSON.parse(require('node:fs').readFileSync(process.argv[1], 'utf8'))
        console.log(JSON.stringify([region, credentials.access_token, Date.parse(credentials.access_token_expires_at) - Date.now()]))
      }
      look(); setInterval(look, 20)`,
      `${directory}/config.json`,
    ],
    cwd: '/',
    env: {},
    files: { 'config.json': secret(JSON.stringify(lease.config().reveal())) },
    stdin: 'closed',
  }))
  lease.follow(running, { file: { name: 'config.json', config: lease.config().reveal() } })
  const looks: [string, string, number][] = []
  for await (const line of createInterface({ input: running.stdout })) {
    looks.push(JSON.parse(line) as [string, string, number])
    if (looks.at(-1)?.[1] === 'token-4') break
  }
  await running.stop(100)
  await lease.close()
  assert.deepEqual([...new Set(looks.map(([, token]) => token))], ['token-1', 'token-2', 'token-3', 'token-4'])
  assert.equal(
    looks.every(([region, , left]) => region === 'eu' && left > 0),
    true,
  )
})

test('the endpoint answers the bearer of its own run alone, with a token that still lives', async () => {
  const tokens = issuer()
  let clock = Date.now()
  const options = { config: secret({}), place: SINGER_PLACE, now: () => new Date(clock) }
  const lease = await openLease({ ...options, grant: tokens.grant(), renew: async () => tokens.grant() })
  const other = await openLease({ ...options, grant: tokens.grant(), renew: async () => tokens.grant() })
  const ask = (url: string, authorization?: string, init: RequestInit = {}) =>
    fetch(url, { ...init, ...(authorization && { headers: { authorization } }) })
  const { url, bearer } = lease.endpoint

  for (const wrong of [undefined, 'Bearer ', `Bearer ${other.endpoint.bearer.reveal()}`, bearer.reveal()]) {
    assert.equal((await ask(url, wrong)).status, 401)
  }
  const right = `Bearer ${bearer.reveal()}`
  assert.equal((await ask(url, right, { method: 'POST' })).status, 404)
  const first = (await (await ask(url, right)).json()) as JsonObject
  assert.deepEqual([first.access_token, first.token_type], ['token-1', 'Bearer'])
  clock += LIFETIME_MS * 0.9
  const [second, third] = await Promise.all(
    [1, 2].map(async () => (await (await ask(url, right)).json()) as JsonObject),
  )
  assert.deepEqual([second?.access_token, third?.access_token, tokens.issued()], ['token-3', 'token-3', 3])
  assert.equal(bearer.toString(), '[secret]')
  await Promise.all([lease.close(), other.close()])
  await assert.rejects(ask(url, right))
})

test('a renewal that fails is tried again, and is felt only once the token has expired', async () => {
  const tokens = issuer()
  let clock = Date.now()
  let isDown = true
  const lease = await openLease({
    config: secret({}),
    grant: tokens.grant(),
    place: SINGER_PLACE,
    now: () => new Date(clock),
    async renew() {
      if (isDown) throw Object.assign(new Error('down'), { code: 'provider_unavailable' })
      return tokens.grant()
    },
  })
  const ask = async () => {
    const response = await fetch(lease.endpoint.url, {
      headers: { authorization: `Bearer ${lease.endpoint.bearer.reveal()}` },
    })
    return [response.status, (await response.json()) as JsonObject] as const
  }
  clock += LIFETIME_MS * 0.9
  assert.equal((await ask())[1].access_token, 'token-1')
  clock += LIFETIME_MS
  assert.deepEqual(await ask(), [503, { error: 'provider_unavailable' }])
  isDown = false
  assert.equal((await ask())[0], 200)
  await lease.close()
})

test('what the connector rotates by itself is told before anything is renewed, and its other changes stay', async () => {
  const tokens = issuer()
  const order: unknown[] = []
  const lease = await openLease({
    config: secret({ region: 'eu', refresh_token: 'first' }),
    grant: tokens.grant(),
    place: SINGER_PLACE,
    onRotation: (config) => void order.push(config.reveal().refresh_token),
    async renew() {
      order.push('renew')
      return tokens.grant()
    },
  })
  const running = await unconfined.start((directory) => ({
    name: 'acme/tap',
    command: [
      process.execPath,
      '-e',
      `const fs = require('node:fs'); const path = process.argv[1]
       fs.writeFileSync(path, JSON.stringify({ ...JSON.parse(fs.readFileSync(path)), refresh_token: 'second' }))
       fs.watch(require('node:path').dirname(path), () => {
         const config = JSON.parse(fs.readFileSync(path))
         if (config.access_token === 'token-2') { console.log(JSON.stringify(config)); process.exit() }
       }); setInterval(() => {}, 1000)`,
      `${directory}/config.json`,
    ],
    cwd: '/',
    env: {},
    files: { 'config.json': secret(JSON.stringify(lease.config().reveal())) },
    stdin: 'closed',
  }))
  lease.follow(running, { file: { name: 'config.json', config: lease.config().reveal() } })
  const [line] = await once(createInterface({ input: running.stdout }), 'line')
  const config = JSON.parse(String(line)) as JsonObject
  assert.deepEqual([config.region, config.refresh_token, config.access_token], ['eu', 'second', 'token-2'])
  assert.deepEqual(order.slice(0, 2), ['second', 'renew'])
  await running.exited
  await lease.close()
})

test('a launch with a lease is told its token and where to ask for it, and its redactor learns each', async () => {
  const tokens = issuer()
  const lease = await openLease({
    config: secret({}),
    grant: tokens.grant(),
    place: FLOW_PLACE,
    renew: async () => tokens.grant(),
  })
  const logs: string[] = []
  await flow
    .spec(
      launchScript(
        `const { readFileSync } = require('node:fs')
         const { url, authorization } = JSON.parse(readFileSync(process.env.SLUICE_LEASE, 'utf8'))
         const ask = async () => {
           const { access_token } = await (await fetch(url, { headers: { authorization } })).json()
           const found = JSON.parse(readFileSync(process.env.SLUICE_LEASE, 'utf8')).access_token
           if (found !== access_token) return setTimeout(ask, 20)
           log({ level: 'info', msg: 'got ' + access_token + ' by ' + authorization })
           if (access_token === 'token-1') setTimeout(ask, 50); else process.exit(3)
         }
         ask()`,
        { lease, onLog: ({ message }) => void logs.push(message) },
      ),
    )
    .catch(() => {})
  await lease.close()
  assert.ok(logs.length > 1)
  assert.deepEqual([...new Set(logs)], ['got [redacted] by Bearer [redacted]'])
})
