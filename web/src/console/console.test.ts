import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { openPage, overflow, startWebTest, type WebTest } from '../testing/browser.ts'
import { problem } from '../testing/fixture-server.ts'
import {
  connection,
  connectionId,
  connector,
  createdSession,
  failedRun,
  finishedRun,
  integration,
  run,
  summaryOf,
} from '../testing/records.ts'

let web: WebTest
before(async () => {
  web = await startWebTest()
})
after(() => web.close())

const signedIn = {
  body: {
    tenant: { id: 'tenant', name: 'Default' },
    user: 'ada@example.com',
    scopes: [],
    expires_at: '2030-01-01T00:00:00Z',
  },
}
const signedOut = { status: 401, body: problem(401, 'not_authenticated', 'Sign in with an API key.') }
const list = (...data: object[]) => ({ body: { data, next_cursor: null } })

beforeEach(() => {
  web.server.calls.length = 0
  Object.assign(web.server.answers, {
    'GET /console/session': signedIn,
    'GET /console/sign_in': { body: { identity_provider: null } },
    'GET /v1/connections': list(connection()),
    [`GET /v1/connections/${connectionId}`]: { body: connection() },
    'GET /v1/runs': list(summaryOf(finishedRun), summaryOf(failedRun)),
    'GET /v1/connectors': list(connector),
    'GET /v1/integrations': list(integration),
  })
})

test('the API key signs in and stays out of the browser’s storage', async () => {
  const { answers, calls } = web.server
  answers['GET /console/session'] = signedOut
  answers['POST /console/session'] = { status: 401, body: problem(401, 'not_authenticated', 'This key is not valid.') }
  await using opened = await openPage(web, '/')
  const { page } = opened
  await page.getByLabel('API key').fill('sluice_wrong')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByText('This key is not valid.').waitFor()

  answers['POST /console/session'] = () => {
    answers['GET /console/session'] = signedIn
    return { status: 204 }
  }
  await page.getByLabel('API key').fill(' sluice_right ')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('heading', { name: 'Connections' }).waitFor()
  assert.deepEqual(calls.findLast(({ call }) => call.startsWith('POST'))?.body, { api_key: 'sluice_right' })
  const kept = await page.evaluate(() => JSON.stringify([localStorage, sessionStorage, document.cookie, location.href]))
  assert.doesNotMatch(kept, /sluice_right/)
  opened.assertClean()
})

test('a one-time link signs in and leaves the address, and one that was used says so', async () => {
  const { answers, calls } = web.server
  answers['GET /console/session'] = signedOut
  answers['POST /console/session'] = () => {
    answers['GET /console/session'] = signedIn
    return { status: 204 }
  }
  {
    await using opened = await openPage(web, '/console/sign-in#link=one-time-token')
    await opened.page.getByRole('heading', { name: 'Connections' }).waitFor()
    assert.equal(new URL(opened.page.url()).hash, '')
    assert.deepEqual(
      calls.filter(({ call }) => call.startsWith('POST')),
      [{ call: 'POST /console/session', body: { link: 'one-time-token' } }],
    )
    opened.assertClean()
  }
  answers['GET /console/session'] = signedOut
  const used = problem(401, 'link_unknown', 'This sign-in link was used.')
  answers['POST /console/session'] = { status: 401, body: used }
  await using opened = await openPage(web, '/console/sign-in#link=one-time-token')
  await opened.page.getByText('This sign-in link was used.').waitFor()
})

test('the identity provider is offered where there is one, and a refusal is explained', async () => {
  const { answers } = web.server
  answers['GET /console/session'] = signedOut
  answers['GET /console/sign_in'] = { body: { identity_provider: 'id.example' } }
  answers['POST /console/sign_in'] = {
    body: { authorization_url: `${web.server.origin}/console/connectors?at=provider` },
  }
  await using opened = await openPage(web, '/console/sign-in?refused=not_allowed')
  const { page } = opened
  await page.getByText('nobody has given you access').waitFor()
  await page.getByRole('button', { name: 'Continue with id.example' }).click()
  await page.waitForURL(/at=provider/)
})

test('signing out ends at the sign-in page', async () => {
  web.server.answers['DELETE /console/session'] = () => {
    web.server.answers['GET /console/session'] = signedOut
    return { status: 204 }
  }
  await using opened = await openPage(web, '/')
  await opened.page.getByRole('button', { name: 'Sign out' }).click()
  await opened.page.getByRole('heading', { name: 'Sign in to the console' }).waitFor()
})

test('the list of connections shows their health and loads further pages', async () => {
  const later = connection({ id: '019a2f0e-0000-7c3e-9d1b-3f5a8e2b6c40', status: 'needs_reauthorization' })
  const pages = [
    { data: [connection()], next_cursor: connectionId },
    { data: [later], next_cursor: null },
  ]
  web.server.answers['GET /v1/connections'] = () => ({ body: pages.shift() })
  await using opened = await openPage(web, '/')
  await opened.page.getByText('Healthy').waitFor()
  await opened.page.getByRole('button', { name: 'Show more' }).click()
  await opened.page.getByText('Needs reauthorization').waitFor()
  assert.equal(await opened.page.getByRole('link', { name: 'source-lab' }).count(), 2)
  opened.assertClean()
})

test('a connection shows its masked config, runs operations, and keeps their history', async () => {
  const { answers, calls } = web.server
  answers['POST /v1/runs'] = { status: 201, body: run([['spec', 'running']]) }
  answers[`GET /v1/runs/${finishedRun.id}`] = { body: finishedRun }
  answers[`GET /v1/runs/${failedRun.id}`] = { body: failedRun }
  await using opened = await openPage(web, '/')
  const { page } = opened
  await page.getByRole('link', { name: 'source-lab' }).click()
  assert.equal(new URL(page.url()).pathname, `/console/connections/${connectionId}`)
  await page.getByText('"access_token": "********"').waitFor()
  await page.getByText('customers:read, orders:read').waitFor()
  await page.getByRole('button', { name: 'preview', exact: true }).click()
  await page.getByText('Grace Hopper').waitFor()
  assert.deepEqual(calls.find(({ call }) => call === 'POST /v1/runs')?.body, {
    connection_id: connectionId,
    operation: 'preview',
  })
  await page.getByRole('button', { name: /^Failed/ }).click()
  await page.getByText('The connector ended with exit code 1.').waitFor()
  await page.goBack()
  await page.getByRole('heading', { name: 'Connections' }).waitFor()
  opened.assertClean()
})

test('an address inside the console opens its page', async () => {
  await using opened = await openPage(web, '/console/connectors')
  await opened.page.getByRole('heading', { name: 'Lab source' }).waitFor()
  await opened.page.getByText('Authorized at lab.').waitFor()
})

test('a new integration shows the redirect URI to register', async () => {
  web.server.answers['POST /v1/integrations'] = { status: 201, body: integration }
  await using opened = await openPage(web, '/console/integrations')
  const { page } = opened
  await page.getByLabel('Client id').fill('client-7')
  await page.getByLabel('Client secret').fill('s3cret')
  await page.getByLabel('Return addresses').fill('https://a.example https://b.example')
  await page.getByRole('button', { name: 'Create integration' }).click()
  await page.getByText('Register its redirect URI at the provider:').waitFor()
  assert.deepEqual(web.server.calls.find(({ call }) => call === 'POST /v1/integrations')?.body, {
    connector_id: 'source-lab',
    client_id: 'client-7',
    client_secret: 's3cret',
    return_urls: ['https://a.example', 'https://b.example'],
  })
  assert.equal(await page.getByLabel('Client secret').inputValue(), '')
  opened.assertClean()
})

test('a new connect link is shown to be copied, and what is refused stands at its field', async () => {
  const { answers, calls } = web.server
  const errors = [{ pointer: '/return_to', rule: 'allowlist', message: 'Add this address to return_urls, exactly.' }]
  answers['POST /v1/connect_sessions'] = { status: 422, body: problem(422, 'return_to_not_allowed', 'No.', errors) }
  await using opened = await openPage(web, '/console/connect-link')
  const { page } = opened
  await page.getByLabel('Return to').fill('https://evil.example')
  await page.getByRole('button', { name: 'Create link' }).click()
  await page.getByText('Add this address to return_urls, exactly.').waitFor()

  const url = `${web.server.origin}/connect/abc`
  answers['POST /v1/connect_sessions'] = { status: 201, body: createdSession(url) }
  await page.getByLabel('Return to').fill('')
  await page.getByLabel('Email').fill('ada@example.com')
  await page.getByRole('button', { name: 'Create link' }).click()
  await page.getByText(url).waitFor()
  await page.getByText('WDJB-MJHT').waitFor()
  assert.deepEqual(calls.findLast(({ call }) => call === 'POST /v1/connect_sessions')?.body, {
    connector_id: 'source-lab',
    integration_id: integration.id,
    preview: true,
    expires_in_seconds: 1800,
    end_user: { id: 'ada@example.com', email: 'ada@example.com' },
  })
  opened.assertClean()
})

test('no page of the console scrolls sideways on a phone', async () => {
  const paths = [
    '/',
    `/console/connections/${connectionId}`,
    ...['connectors', 'integrations', 'connect-link'].map((name) => `/console/${name}`),
  ]
  for (const path of paths) {
    await using opened = await openPage(web, path, { viewport: { width: 375, height: 720 } })
    await opened.page.getByRole('heading', { level: 1 }).waitFor()
    await opened.page.waitForLoadState('networkidle')
    assert.equal(await overflow(opened.page), 0, path)
    opened.assertClean()
  }
})
