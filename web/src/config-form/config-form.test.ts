import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Page } from 'playwright-core'
import { openPage, overflow, startWebTest, type WebTest } from '../testing/browser.ts'
import { problem } from '../testing/fixture-server.ts'
import { connectLink } from '../testing/records.ts'
import { everySchema } from '../testing/schemas.ts'
import type { JsonObject } from './json.ts'

let web: WebTest
before(async () => {
  web = await startWebTest()
})
after(() => web.close())

async function openForm(schema: JsonObject, config: JsonObject = {}, options = {}) {
  const { answers, calls } = web.server
  answers['GET /connect/form/session'] = { body: connectLink({ config_schema: schema, config }) }
  answers['POST /connect/form/authorize'] = { status: 503, body: problem(503, 'busy', 'Try again later.') }
  calls.length = 0
  return openPage(web, '/connect/form', options)
}

/** Submits and gives the config that was sent, or null when the form kept it back. */
async function submitted(page: Page): Promise<unknown> {
  const before = web.server.calls.length
  await page.getByRole('button', { name: 'Authorize with Lab' }).click()
  await page.locator('.notice.bad').waitFor()
  const sent = web.server.calls.slice(before).find(({ call }) => call.startsWith('POST'))
  return sent === undefined ? null : (sent.body as { config: unknown }).config
}

const object = (properties: JsonObject, more: JsonObject = {}): JsonObject => ({ type: 'object', properties, ...more })

test('each type of value has its control and arrives as that type', async () => {
  await using opened = await openForm(everySchema)
  const { page } = opened
  await page.getByLabel('Account').fill('acme')
  await page.getByLabel('API key', { exact: true }).fill('correct horse')
  await page.getByLabel('Query').fill('select 1\nfrom t')
  await page.getByLabel('Ratio').fill('0.25')
  await page.getByLabel('Limit').fill('12')
  await page.getByLabel('Mode').selectOption('incremental')
  await page.getByLabel('Level').selectOption('High')
  await page.getByText('Much load.').waitFor()
  await page.getByLabel('Bucket name').fill('lake')
  await page.getByLabel('Proxy port').fill('3128')
  await page.getByRole('checkbox', { name: 'Active' }).uncheck()
  await page
    .getByRole('group', { name: /^Streams/ })
    .getByRole('button', { name: '+ Add' })
    .click()
  await page.getByRole('textbox', { name: /^Stream/ }).fill('users')
  await page
    .getByRole('group', { name: /^Filters/ })
    .getByRole('button', { name: '+ Add' })
    .click()
  await page.getByLabel('Field').fill('state')
  await page
    .getByRole('group', { name: /^Labels/ })
    .getByRole('button', { name: '+ Add' })
    .click()
  await page.getByLabel('Key', { exact: true }).fill('team')
  await page.getByLabel('Key', { exact: true }).blur()
  await page.locator('.entry-value input').fill('data')
  assert.deepEqual(await submitted(page), {
    account: 'acme',
    api_key: 'correct horse',
    query: 'select 1\nfrom t',
    ratio: 0.25,
    limit: 12,
    active: false,
    mode: 'incremental',
    level: 2,
    destination: { kind: 'bucket', bucket: 'lake' },
    proxy: { port: 3128 },
    streams: ['users'],
    filters: [{ field: 'state' }],
    labels: { team: 'data' },
    advanced: { window: 'P1D' },
  })
  opened.assertClean()
})

test('secrets are password inputs that can be revealed, several lines are a textarea', async () => {
  await using opened = await openForm(everySchema)
  const { page } = opened
  const key = page.getByLabel('API key', { exact: true })
  assert.equal(await key.getAttribute('type'), 'password')
  assert.equal(await page.getByLabel('Token', { exact: true }).getAttribute('type'), 'password')
  await key.fill('correct horse')
  await page.getByRole('button', { name: 'Show API key' }).click()
  assert.equal(await key.getAttribute('type'), 'text')
  await page.getByRole('button', { name: 'Hide API key' }).click()
  assert.equal(await key.getAttribute('type'), 'password')
  const privateKey = page.getByLabel('Private key')
  assert.equal(await privateKey.evaluate((element) => element.tagName), 'TEXTAREA')
  await privateKey.fill('secret text')
  await privateKey.blur()
  assert.equal(
    await privateKey.evaluate((element) => getComputedStyle(element).getPropertyValue('-webkit-text-security')),
    'disc',
  )
})

test('a stored secret is shown masked, is not held against its rules, and is sent back masked', async () => {
  const schema = object({ api_key: { type: 'string', title: 'API key', secret: true, pattern: '^sk_' } })
  await using opened = await openForm(schema, { api_key: '********' })
  assert.deepEqual(await submitted(opened.page), { api_key: '********' })
})

test('fields stand in their order, hidden ones and discriminators are not shown', async () => {
  await using opened = await openForm(everySchema)
  await opened.page.getByText('Fine tuning').waitFor()
  const labels = await opened.page
    .locator('.config-form > .field > .fields > .field')
    .evaluateAll((fields) =>
      fields.map((field) => field.querySelector('label, legend, summary')?.firstChild?.textContent ?? ''),
    )
  assert.deepEqual(labels.slice(0, 7), ['Account', 'API key', 'Token', 'Private key', 'Query', 'Ratio', 'Limit'])
  assert.equal(labels.at(-1), 'Fine tuning')
  assert.equal(await opened.page.getByText('Internal').count(), 0)
  assert.equal(await opened.page.getByText(/^kind$/i).count(), 0)
})

test('the chosen arm of a oneOf shows its fields, and only they are sent', async () => {
  await using opened = await openForm(object({ destination: (everySchema.properties as JsonObject).destination ?? {} }))
  const { page } = opened
  await page.getByLabel('Bucket name').fill('lake')
  await page.getByRole('combobox', { name: 'Destination' }).selectOption('Database')
  assert.equal(await page.getByLabel('Bucket name').count(), 0)
  assert.equal(await page.getByLabel('Port').inputValue(), '5432')
  assert.equal(await page.getByLabel('Password', { exact: true }).getAttribute('type'), 'password')
  assert.equal(await submitted(page), null)
  assert.equal(await page.locator('.field-errors').allTextContents().then(String), 'This field is required.')
  await page.getByLabel('Host').fill('db.example.com')
  assert.deepEqual(await submitted(page), { destination: { kind: 'database', host: 'db.example.com', port: 5432 } })
  opened.assertClean()
})

test('a prefilled config selects its arm', async () => {
  const config = { destination: { kind: 'database', host: 'db.example.com', port: 5433 } }
  await using opened = await openForm(
    object({ destination: (everySchema.properties as JsonObject).destination ?? {} }),
    config,
  )
  assert.equal(await opened.page.getByLabel('Host').inputValue(), 'db.example.com')
  assert.deepEqual(await submitted(opened.page), config)
})

test('what a condition brings is shown and required while the condition holds', async () => {
  await using opened = await openForm(connectLink().config_schema as JsonObject)
  const { page } = opened
  assert.equal(await page.getByLabel('Orders since').count(), 0)
  await page.getByRole('checkbox', { name: 'Read orders too' }).check()
  await page.getByRole('checkbox', { name: 'paid' }).check()
  assert.equal(await submitted(page), null)
  await page.getByLabel('Orders since').fill('2026')
  assert.deepEqual(await submitted(page), {
    region: 'eu',
    start_date: '2026-01-01',
    include_orders: true,
    order_states: ['paid'],
    orders_since: '2026',
    page_size: 100,
  })
  await page.getByRole('checkbox', { name: 'Read orders too' }).uncheck()
  assert.equal(await page.getByLabel('Orders since').count(), 0)
  opened.assertClean()
})

test('a broken rule is said at its field, the field is focused, and the words go when it is mended', async () => {
  await using opened = await openForm(connectLink().config_schema as JsonObject)
  const { page } = opened
  await page.getByText('Advanced settings').click()
  await page.getByLabel('Page size').fill('many')
  await page.getByText('Advanced settings').click()
  assert.equal(await submitted(page), null)
  const field = page.getByLabel('Page size')
  assert.ok(await field.isVisible(), 'the folded section opens where something is wrong')
  assert.ok(await field.evaluate((element) => element === document.activeElement))
  const described = (await field.getAttribute('aria-describedby'))?.split(' ') ?? []
  const words = await Promise.all(described.map((id) => page.locator(`[id="${id}"]`).textContent()))
  assert.deepEqual(words, ['Records asked for at once.', 'This field must be a whole number.'])
  assert.equal(await page.locator('.field-errors').getAttribute('role'), 'alert')
  await field.fill('900')
  await page.getByText('This field must be 500 or less.').waitFor()
  await field.fill('50')
  assert.equal(await page.locator('.field-errors').count(), 0)
})

test('what the server finds wrong stands at its field until the field is edited', async () => {
  await using opened = await openForm(object({ account: { type: 'string', title: 'Account' } }), { account: 'acme' })
  const { page } = opened
  const errors = [{ pointer: '/config/account', rule: 'pattern', message: 'must match the pattern ^[A-Z]+$' }]
  web.server.answers['POST /connect/form/authorize'] = {
    status: 422,
    body: problem(422, 'invalid_config', 'The config breaks the schema.', errors),
  }
  await submitted(page)
  await page.getByText('This field must match the pattern ^[A-Z]+$.').waitFor()
  assert.equal(await page.getByLabel('Account').getAttribute('aria-invalid'), 'true')
  assert.ok(await page.getByLabel('Account').evaluate((element) => element === document.activeElement))
  await page.getByLabel('Account').fill('ACME')
  assert.equal(await page.locator('.field-errors').count(), 0)
  opened.assertClean()
})

test('entries of a list can be removed', async () => {
  await using opened = await openForm(
    object({ streams: { type: 'array', title: 'Streams', items: { type: 'string' } } }),
    {
      streams: ['a', 'b', 'c'],
    },
  )
  await opened.page.getByRole('button', { name: 'Remove entry 2' }).click()
  assert.deepEqual(await submitted(opened.page), { streams: ['a', 'c'] })
})

test('every control has a name', async () => {
  await using opened = await openForm(everySchema)
  await opened.page.getByText('Fine tuning').waitFor()
  const nameless = await opened.page.locator('input, select, textarea, button').evaluateAll((controls) =>
    controls
      .filter((control) => {
        const labels = 'labels' in control ? [...(control.labels as NodeListOf<HTMLElement>)] : []
        return (
          !control.getAttribute('aria-label') && !control.textContent && labels.every((label) => !label.textContent)
        )
      })
      .map((control) => control.outerHTML),
  )
  assert.deepEqual(nameless, [])
})

test('a phone shows every kind of field without scrolling sideways', async () => {
  await using opened = await openForm(
    everySchema,
    { labels: { a: 'b' }, streams: ['x'], filters: [{ field: 'f' }] },
    {
      viewport: { width: 375, height: 700 },
    },
  )
  await opened.page.getByText('Fine tuning').click()
  assert.equal(await overflow(opened.page), 0)
  opened.assertClean()
})
