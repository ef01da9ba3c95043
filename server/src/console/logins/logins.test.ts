import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { consent } from '@sluice/lab'
import { startWithProvider } from '../../testing/identity-provider.ts'
import { createTestBrowser, readJson, type TestBrowser } from '../../testing/test-browser.ts'
import { startTestServer, type TestServer } from '../../testing/test-server.ts'

const STATE = 'state-0123456789abcdef'
const REDIRECT = 'http://127.0.0.1:45678/'

function machine(server: TestServer) {
  const code_verifier = randomBytes(32).toString('base64url')
  const code_challenge = createHash('sha256').update(code_verifier).digest('base64url')
  const post = (path: string, body: object) => server.api('POST', path, body, null)
  return {
    code_verifier,
    ask: (more: object = {}) => post('/console/login_requests', { machine: 'ada@thinkpad', code_challenge, ...more }),
    askByBrowser: (more: object = {}) =>
      post('/console/login_requests', {
        machine: 'ada@thinkpad',
        code_challenge,
        redirect_uri: REDIRECT,
        state: STATE,
        ...more,
      }),
    redeem: (code?: string, verifier = code_verifier) =>
      post('/console/login_requests:redeem', { code_verifier: verifier, ...(code !== undefined && { code }) }),
  }
}

async function withKey(server: TestServer, api_key = server.api_key): Promise<TestBrowser> {
  const browser = createTestBrowser(server.base_url)
  assert.equal((await browser.post('/console/session', { api_key })).status, 204)
  return browser
}

const decide = (browser: TestBrowser, id: string, decision = 'approve') =>
  browser.post(`/console/login_requests/${id}/decision`, { decision })

test('a machine gets a key by the code that the browser brings, once, and the key ends itself', async (t) => {
  let now = new Date()
  const server = await startTestServer(t, { now: () => now })
  const asking = machine(server)
  const { body: asked } = await asking.askByBrowser({ scopes: ['connections:read'], expires_in_days: 7 })
  assert.equal(asked.user_code, null)
  assert.match(asked.approval_url, new RegExp(`/console/login/${asked.id}$`))
  const browser = await withKey(server)
  const shown = await readJson(await browser.open(`/console/login_requests/${asked.id}`))
  assert.deepEqual(
    [shown.machine, shown.by_code, shown.expires_in_days, shown.withheld_scopes],
    ['ada@thinkpad', false, 7, []],
  )
  assert.deepEqual(
    shown.scopes.map(({ scope }: { scope: string }) => scope),
    ['connections:read'],
  )
  assert.equal((await asking.redeem()).body.code, 'authorization_pending')

  const { redirect_to } = await readJson(await decide(browser, asked.id))
  const answer = new URL(redirect_to)
  assert.deepEqual([answer.origin, answer.searchParams.get('state')], [new URL(REDIRECT).origin, STATE])
  const code = answer.searchParams.get('code') ?? ''
  for (const wrong of [undefined, `${code}x`, '']) assert.equal((await asking.redeem(wrong)).status, 400)
  assert.equal((await asking.redeem(code, randomBytes(32).toString('base64url'))).body.code, 'expired_token')

  const [first, second] = await Promise.all([asking.redeem(code), asking.redeem(code)])
  assert.deepEqual([first.status, second.status].sort(), [201, 400])
  const issued = first.status === 201 ? first.body : second.body
  assert.deepEqual(issued.scopes, ['connections:read'])
  assert.equal(Date.parse(issued.expires_at), now.getTime() + 7 * 86_400_000)
  assert.equal((await server.api('GET', '/v1/connections', undefined, issued.key)).status, 200)
  assert.equal((await server.api('GET', '/v1/integrations', undefined, issued.key)).status, 403)
  const { body: keys } = await server.api('GET', '/v1/api_keys')
  assert.match(keys.data.find(({ id }: { id: string }) => id === issued.id).name, / on ada@thinkpad$/)

  assert.equal((await server.api('DELETE', '/console/login', undefined, issued.key)).status, 204)
  const over = await server.api('GET', '/v1/connections', undefined, issued.key)
  assert.deepEqual([over.status, over.body.code], [401, 'api_key_revoked'])
  const { body: audited } = await server.api('GET', '/v1/audit_records')
  const actions = audited.data.map(({ record }: { record: string }) => JSON.parse(record).action)
  assert.ok(actions.includes('api_key.create') && actions.includes('api_key.revoke'))

  const late = machine(server)
  const { body: waiting } = await late.askByBrowser()
  now = new Date(now.getTime() + 15 * 60_000)
  assert.equal((await decide(browser, waiting.id)).status, 404)
  assert.equal((await late.redeem()).body.code, 'expired_token')
})

test('a machine without a browser gets a key once its code was typed, and none when it was refused', async (t) => {
  const server = await startTestServer(t)
  const browser = await withKey(server)
  const find = (user_code: string) => browser.post('/console/login_requests:find', { user_code })
  const asking = machine(server)
  const { body: asked } = await asking.ask()
  assert.match(asked.user_code, /^[B-Z]{4}-[B-Z]{4}$/)
  assert.match(asked.approval_url, /\/console\/device$/)
  const found = await readJson(await find(asked.user_code.toLowerCase().replace('-', ' ')))
  assert.deepEqual([found.id, found.by_code], [asked.id, true])
  assert.deepEqual(await readJson(await decide(browser, asked.id)), { redirect_to: null })
  assert.equal((await find(asked.user_code)).status, 404)
  const issued = await asking.redeem()
  assert.deepEqual([issued.status, issued.body.scopes], [201, ['admin']])
  assert.equal((await asking.redeem()).body.code, 'expired_token')

  const refused = machine(server)
  const { body: second } = await refused.ask()
  await decide(browser, second.id, 'deny')
  assert.equal((await refused.redeem()).body.code, 'access_denied')
  assert.equal((await decide(browser, second.id)).status, 404)

  for (let guess = 0; guess < 29; guess += 1) assert.equal((await find('BBBB-BBBB')).status, 404)
  assert.equal((await find('BBBB-BBBB')).status, 429)
  for (let more = 0; more < 58; more += 1) await machine(server).ask()
  assert.equal((await machine(server).ask()).body.code, 'too_many_starts')
})

test('S19 nobody approves but a person who is signed in, on the page itself, and only what is theirs to give', async (t) => {
  const server = await startTestServer(t)
  const asking = machine(server)
  const { body: asked } = await asking.askByBrowser({ scopes: ['admin', 'connections:read'] })
  const stranger = createTestBrowser(server.base_url)
  assert.equal((await stranger.open(`/console/login_requests/${asked.id}`)).status, 401)
  assert.equal((await decide(stranger, asked.id)).status, 401)
  const byKey = await server.api('POST', `/console/login_requests/${asked.id}/decision`, { decision: 'approve' })
  assert.equal(byKey.status, 403)

  const narrow = async (scopes: string[]) =>
    withKey(server, (await server.api('POST', '/v1/api_keys', { name: 'narrow', scopes })).body.key)
  const reader = await narrow(['connections:read'])
  assert.equal((await decide(reader, asked.id)).status, 403, 'a key that makes no keys opens no way around that')
  const maker = await narrow(['api_keys:write', 'connections:read'])
  const headers = { 'sec-fetch-site': 'cross-site', 'content-type': 'application/json' }
  const crossSite = { method: 'POST', headers, body: '{"decision":"approve"}' }
  assert.equal((await maker.open(`/console/login_requests/${asked.id}/decision`, crossSite)).status, 403)
  const shown = await readJson(await maker.open(`/console/login_requests/${asked.id}`))
  assert.deepEqual(shown.withheld_scopes, ['admin'])
  const { redirect_to } = await readJson(await decide(maker, asked.id))
  const issued = await asking.redeem(new URL(redirect_to).searchParams.get('code') ?? '')
  assert.deepEqual(issued.body.scopes, ['connections:read'])

  const greedy = machine(server)
  const { body: all } = await greedy.askByBrowser({ scopes: ['admin'] })
  assert.equal((await decide(maker, all.id)).status, 403)
})

test('codes go to loopback addresses alone', async (t) => {
  const server = await startTestServer(t)
  const wrong = [
    'https://evil.example/',
    'http://localhost.evil.example/',
    'http://127.0.0.1:1/path',
    'http://127.0.0.1:1/?next=x',
    'http://127.0.0.1:1/#x',
    'http://user@127.0.0.1:1/',
    'https://127.0.0.1:1/',
    'http://10.0.0.1/',
    'javascript:alert(1)',
  ]
  for (const redirect_uri of wrong) {
    assert.equal((await machine(server).askByBrowser({ redirect_uri })).status, 422, redirect_uri)
  }
  for (const redirect_uri of ['http://localhost:1/', 'http://[::1]:1/']) {
    assert.equal((await machine(server).askByBrowser({ redirect_uri })).status, 201, redirect_uri)
  }
  assert.equal((await machine(server).ask({ state: STATE })).status, 422)
  const asking = machine(server)
  assert.equal((await asking.ask()).status, 201)
  assert.equal((await asking.ask()).status, 422, 'a verifier serves one login')
})

test('a key ends with the access rules that let in the person who approved it, and so does what it was rotated to', async (t) => {
  const server = await startWithProvider(t, '@lab.example editor')
  const browser = createTestBrowser(server.base_url)
  const started = await readJson(await browser.open('/console/sign_in', { method: 'POST' }))
  await browser.open(await consent(started.authorization_url, { account: 'alice', decision: 'allow' }))
  const asking = machine(server)
  const { body: asked } = await asking.ask()
  await decide(browser, asked.id)
  const { body: issued } = await asking.redeem()
  assert.equal(issued.name, 'alice@lab.example on ada@thinkpad')
  assert.ok(!issued.scopes.includes('api_keys:write') && issued.scopes.includes('connections:write'))
  const { body: rotated } = await server.api('POST', `/v1/api_keys/${issued.id}/rotate`, {})
  for (const { key, id } of [issued, rotated]) {
    assert.equal((await server.api('GET', '/v1/connections', undefined, key)).status, 200)
    const { db, api_keys } = server.services
    await db
      .updateTable('api_keys')
      .set({ rules_digest: Buffer.from('others') })
      .where('id', '=', id)
      .execute()
    api_keys.forget(id)
    const over = await server.api('GET', '/v1/connections', undefined, key)
    assert.deepEqual([over.status, over.body.code], [401, 'api_key_expired'])
  }
})
