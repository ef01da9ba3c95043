import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { openPage, overflow, startWebTest, type WebTest } from '../testing/browser.ts'
import { problem } from '../testing/fixture-server.ts'
import { completedLink, connectionId, connectLink, failedRun, finishedRun, run } from '../testing/records.ts'

let web: WebTest
before(async () => {
  web = await startWebTest()
})
after(() => web.close())

const SESSION = 'GET /connect/t/session'
beforeEach(() => {
  const { server } = web
  server.calls.length = 0
  server.answers['GET /provider'] = { body: '<h1>Lab sign-in</h1>' }
  server.answers['POST /connect/t/authorize'] = { body: { authorization_url: `${server.origin}/provider?state=1` } }
})

test('an open link names the connector and the provider and leads there with the config', async () => {
  web.server.answers[SESSION] = { body: connectLink() }
  await using opened = await openPage(web, '/connect/t')
  const { page } = opened
  await page.getByRole('heading', { name: 'Connect Lab source' }).waitFor()
  assert.equal(await page.title(), 'Connect Lab source – Sluice')
  await page.getByLabel('Region').selectOption('United States')
  await page.getByRole('button', { name: 'Authorize with Lab', exact: true }).click()
  await page.getByRole('heading', { name: 'Lab sign-in' }).waitFor()
  const sent = web.server.calls.find(({ call }) => call === 'POST /connect/t/authorize')
  assert.deepEqual(sent?.body, {
    config: { region: 'us', start_date: '2026-01-01', include_orders: false, page_size: 100 },
  })
  opened.assertClean()
})

test('the keyboard alone leads to the provider', async () => {
  web.server.answers[SESSION] = { body: connectLink() }
  await using opened = await openPage(web, '/connect/t')
  const { page } = opened
  const region = page.getByLabel('Region')
  await region.waitFor()
  for (let presses = 0; presses < 10 && !(await region.evaluate((one) => one === document.activeElement)); presses++) {
    await page.keyboard.press('Tab')
  }
  await page.keyboard.press('u')
  const button = page.getByRole('button', { name: 'Authorize with Lab' })
  for (let presses = 0; presses < 15 && !(await button.evaluate((one) => one === document.activeElement)); presses++) {
    await page.keyboard.press('Tab')
  }
  const outline = await button.evaluate((one) => getComputedStyle(one).outlineStyle)
  assert.notEqual(outline, 'none', 'the focused button shows that it is focused')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Lab sign-in' }).waitFor()
  const sent = web.server.calls.find(({ call }) => call === 'POST /connect/t/authorize')
  assert.partialDeepStrictEqual(sent?.body, { config: { region: 'us' } })
})

test('a second click while the first is under way starts nothing', async () => {
  const { server } = web
  server.answers[SESSION] = { body: connectLink() }
  server.answers['POST /connect/t/authorize'] = { after: 300, body: { authorization_url: `${server.origin}/provider` } }
  await using opened = await openPage(web, '/connect/t')
  await opened.page.getByRole('button', { name: 'Authorize with Lab' }).dblclick()
  await opened.page.getByRole('heading', { name: 'Lab sign-in' }).waitFor()
  assert.equal(server.calls.filter(({ call }) => call === 'POST /connect/t/authorize').length, 1)
})

const scopes = {
  required: [{ scope: 'customers:read', meaning: 'See your customers: names, email addresses and countries' }],
  optional: [
    { scope: 'orders:read', meaning: 'See your orders: what was bought, when and for how much' },
    { scope: 'https://api.example.com/auth/inventory.warehouses.readonly', meaning: null },
  ],
}

test('optional scopes are ticked boxes with their words, and those that are unticked are not asked for', async () => {
  web.server.answers[SESSION] = { body: connectLink({ scopes, connecting_for: 'Acme (alice@example.com)' }) }
  await using opened = await openPage(web, '/connect/t')
  const { page } = opened
  await page.getByText('Connecting for Acme (alice@example.com)').waitFor()
  const needed = page.getByRole('checkbox', { name: /See your customers.*needed/ })
  assert.deepEqual([await needed.isChecked(), await needed.isDisabled()], [true, true])
  const orders = page.getByRole('checkbox', { name: /See your orders/ })
  const unnamed = page.getByRole('checkbox', { name: /warehouses/ })
  assert.deepEqual([await orders.isChecked(), await unnamed.isChecked()], [true, true])
  await orders.uncheck()
  await page.getByLabel('Region').selectOption('United States')
  await page.getByRole('button', { name: 'Authorize with Lab', exact: true }).click()
  await page.getByRole('heading', { name: 'Lab sign-in' }).waitFor()
  const sent = web.server.calls.find(({ call }) => call === 'POST /connect/t/authorize')
  assert.partialDeepStrictEqual(sent?.body, { optional_scopes: [scopes.optional[1]?.scope] })
  opened.assertClean()
})

test('a host that was changed beside a kept secret asks for the secret again, at its field', async () => {
  const text = { type: 'string' }
  const config_schema = {
    properties: { host: { ...text, title: 'Host' }, password: { ...text, title: 'Password', secret: true } },
  }
  const config = { host: 'one.example', password: '********' }
  web.server.answers[SESSION] = { body: connectLink({ config_schema, config }) }
  const at = (field: string, message: string) => ({ pointer: `/config/${field}`, rule: 'secret_destination', message })
  const errors = [
    at('host', 'says where secrets are sent'),
    at('password', 'must be filled in again: where it is sent was changed'),
  ]
  web.server.answers['POST /connect/t/authorize'] = (sent) => {
    const { password } = (sent as { config: { password: string } }).config
    return password === '********'
      ? { status: 422, body: problem(422, 'secret_destination_changed', 'Fill in /password again.', errors) }
      : { body: { authorization_url: `${web.server.origin}/provider` } }
  }
  await using opened = await openPage(web, '/connect/t')
  const { page } = opened
  await page.getByLabel('Host').fill('two.example')
  await page.getByRole('button', { name: 'Authorize with Lab' }).click()
  await page.getByText('This field must be filled in again: where it is sent was changed.').waitFor()
  await page.getByRole('textbox', { name: 'Password' }).fill('another')
  await page.getByRole('button', { name: 'Authorize with Lab' }).click()
  await page.getByRole('heading', { name: 'Lab sign-in' }).waitFor()
  opened.assertClean()
})

test('the choice of scopes fits a phone, light and dark', async () => {
  web.server.answers[SESSION] = { body: connectLink({ scopes, connecting_for: 'a'.repeat(80) }) }
  for (const colorScheme of ['light', 'dark'] as const) {
    await using opened = await openPage(web, '/connect/t', { viewport: { width: 360, height: 740 }, colorScheme })
    await opened.page.getByRole('checkbox', { name: /See your orders/ }).waitFor()
    assert.equal(await overflow(opened.page), 0)
    opened.assertClean()
  }
})

test('a denied consent says that nothing was changed and can be tried again', async () => {
  web.server.answers[SESSION] = {
    body: connectLink({ error: { code: 'access_denied', message: 'Access was denied.' } }),
  }
  await using opened = await openPage(web, '/connect/t')
  await opened.page.getByText('Lab said: access denied. Nothing was changed. Try again.').waitFor()
  await opened.page.getByRole('button', { name: 'Authorize with Lab' }).click()
  await opened.page.getByRole('heading', { name: 'Lab sign-in' }).waitFor()
  opened.assertClean()
})

test('S17 what a provider said is shown as text', async () => {
  const message = '<img src=x onerror=alert(1)><script>alert(2)</script>'
  web.server.answers[SESSION] = { body: connectLink({ error: { code: 'token_request_failed', message } }) }
  await using opened = await openPage(web, '/connect/t')
  await opened.page.getByText(message).waitFor()
  assert.equal(await opened.page.locator('.notice img, .notice script').count(), 0)
  opened.assertClean()
})

test('a completed link shows the connection and leads on', async () => {
  web.server.answers[SESSION] = { body: completedLink({ return_to: 'https://app.example.com/done' }) }
  await using opened = await openPage(web, '/connect/t')
  const { page } = opened
  await page.getByText('Healthy').waitFor()
  await page.getByText(connectionId).waitFor()
  await page.getByText('in 59 minutes').waitFor()
  const next = page.getByRole('link', { name: 'Continue' })
  assert.equal(await next.getAttribute('href'), 'https://app.example.com/done')
  assert.equal(await page.getByRole('button', { name: 'Read a sample' }).count(), 0)
  opened.assertClean()
})

test('S12 the page links to addresses of the web only', async () => {
  for (const address of ['javascript:alert(1)', 'data:text/html,x', '//evil.example', '/\\evil.example']) {
    web.server.answers[SESSION] = { body: completedLink({ return_to: address }) }
    await using completed = await openPage(web, '/connect/t')
    await completed.page.getByText('Healthy').waitFor()
    assert.equal(await completed.page.getByRole('link').count(), 0, address)

    const connector = { id: 'source-lab', title: 'Lab source', documentation_url: address }
    web.server.answers[SESSION] = { body: connectLink({ connector }) }
    await using open = await openPage(web, '/connect/t')
    await open.page.getByRole('button', { name: 'Authorize with Lab' }).waitFor()
    assert.equal(await open.page.getByRole('link').count(), 0, address)
  }
})

test('links that lead nowhere say why and what to do', async () => {
  const cases = [
    { answer: { body: connectLink({ status: 'expired' }) }, heading: 'This link has expired' },
    { answer: { body: connectLink({ status: 'used' }) }, heading: 'This link was already used' },
    { answer: { status: 404, body: problem(404, 'link_unknown', 'Unknown.') }, heading: 'This link is not known here' },
  ]
  for (const { answer, heading } of cases) {
    web.server.answers[SESSION] = answer
    await using opened = await openPage(web, '/connect/t')
    await opened.page.getByRole('heading', { name: heading }).waitFor()
    assert.equal(await opened.page.getByRole('button').count(), 0)
    opened.assertClean()
  }
})

test('a link that expires while the form is open is shown as expired', async () => {
  web.server.answers[SESSION] = { body: connectLink() }
  web.server.answers['POST /connect/t/authorize'] = { status: 410, body: problem(410, 'link_expired', 'Expired.') }
  await using opened = await openPage(web, '/connect/t')
  const button = opened.page.getByRole('button', { name: 'Authorize with Lab' })
  await button.waitFor()
  web.server.answers[SESSION] = { body: connectLink({ status: 'expired' }) }
  await button.click()
  await opened.page.getByRole('heading', { name: 'This link has expired' }).waitFor()
})

test('without a network the page says so and works once it is back', async () => {
  web.server.answers[SESSION] = { body: connectLink() }
  await using opened = await openPage(web, '/connect/t')
  const { page } = opened
  await page.getByRole('button', { name: 'Authorize with Lab' }).waitFor()
  await page.context().setOffline(true)
  await page.getByRole('button', { name: 'Authorize with Lab' }).click()
  await page.getByText('The server cannot be reached.').waitFor()
  await page.context().setOffline(false)
  await page.getByRole('button', { name: 'Authorize with Lab' }).click()
  await page.getByRole('heading', { name: 'Lab sign-in' }).waitFor()
})

test('a sample run ticks its steps off and shows the documents', async () => {
  const { answers } = web.server
  const stages = [
    run([
      ['spec', 'succeeded'],
      ['discover', 'running'],
    ]),
    run([
      ['spec', 'succeeded'],
      ['discover', 'succeeded'],
      ['validate', 'running'],
    ]),
    finishedRun,
  ]
  answers[SESSION] = { body: completedLink({ preview: true }) }
  answers['POST /connect/t/runs'] = { status: 202, body: run([['spec', 'running']]) }
  answers[`GET /connect/t/runs/${finishedRun.id}`] = () => ({ body: stages.length > 1 ? stages.shift() : stages[0] })
  await using opened = await openPage(web, '/connect/t')
  const { page } = opened
  await page.getByRole('button', { name: 'Read a sample' }).click()
  const seen: string[] = []
  for (const step of ['spec', 'discover', 'validate', 'capture']) {
    await page.locator(`[data-step="${step}"][data-status="succeeded"]`).waitFor()
    seen.push((await page.locator(`[data-step="${step}"] .step-time`).textContent()) ?? '')
  }
  assert.deepEqual(seen, ['180 ms', '820 ms', '1.5 s', '2.1 s'])
  assert.deepEqual(web.server.calls.find(({ call }) => call === 'POST /connect/t/runs')?.body, { operation: 'preview' })

  const customers = page.getByRole('region', { name: 'Documents of source-lab/customers' })
  const head = await customers.getByRole('columnheader').allTextContents()
  assert.deepEqual(head.slice(1), ['id', 'name', 'email', 'country', 'updated_at', 'address'])
  await customers.getByText('Grace Hopper').waitFor()
  await customers.getByRole('button', { name: 'Document 1 as JSON' }).click()
  await customers.getByText('"city": "IJmuiden"').waitFor()
  await page.getByText('1 line').click()
  await page.getByText('reading customers').waitFor()
  const command = await page.locator('.by-api code').textContent()
  assert.ok(command?.includes(`{"connection_id":"${connectionId}","operation":"preview"}`))
  assert.ok(command?.includes('Authorization: Bearer $SLUICE_API_KEY'))
  opened.assertClean()
})

test('a failed run says whose turn it is and what the connector said', async () => {
  web.server.answers[SESSION] = { body: completedLink({ preview: true }) }
  web.server.answers['POST /connect/t/runs'] = { status: 202, body: failedRun }
  await using opened = await openPage(web, '/connect/t')
  const { page } = opened
  await page.getByRole('button', { name: 'Read a sample' }).click()
  await page.locator('[data-step="discover"][data-status="failed"]').waitFor()
  await page.getByText('The connector ended with exit code 1.').waitFor()
  await page.getByText('The connector needs attention').waitFor()
  await page.getByText('What the connector said', { exact: true }).click()
  await page.getByText('at main.ts:12').waitFor()
  opened.assertClean()
})

test('no state of the page scrolls sideways on a phone', async () => {
  const { answers } = web.server
  answers['POST /connect/t/runs'] = { status: 202, body: finishedRun }
  const phone = { viewport: { width: 375, height: 720 } }
  for (const link of [connectLink(), connectLink({ status: 'used' }), completedLink({ preview: true })]) {
    answers[SESSION] = { body: link }
    await using opened = await openPage(web, '/connect/t', phone)
    await opened.page.getByRole('heading', { level: 1 }).waitFor()
    if (link.preview) {
      await opened.page.getByRole('button', { name: 'Read a sample' }).click()
      await opened.page.getByRole('table').first().waitFor()
      await opened.page.getByRole('button', { name: 'Document 1 as JSON' }).first().click()
    }
    assert.equal(await overflow(opened.page), 0, link.status)
  }
})
