// The main job as a person does it: npm start, the connect link in Chromium, the provider's consent, a sample of the data.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { type Browser, chromium, type Page } from 'playwright-core'
import { temporaryDirectory } from '../../server/src/testing/temporary-directory.ts'
import { chromiumPath } from '../chromium.ts'
import { freePort, type ReadySluice, startedSluice } from './testing/started-sluice.ts'

async function openChromium(t: TestContext): Promise<Browser> {
  const browser = await chromium.launch({
    executablePath: await chromiumPath(),
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-quic'],
  })
  t.after(() => browser.close())
  return browser
}

/** A page of a fresh profile that fails the test when a script or the content security policy complains. */
async function openPage(browser: Browser, viewport = { width: 1280, height: 900 }) {
  const complaints: string[] = []
  const context = await browser.newContext({ viewport })
  const page = await context.newPage()
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('console', (message) => {
    // Chromium tells of every 401; the console asks once whether it is signed in.
    if (message.type() === 'error' && !message.text().includes('status of 401')) complaints.push(message.text())
  })
  return { page, complaints }
}

async function start(t: TestContext): Promise<ReadySluice> {
  return startedSluice(t, {
    SLUICE_DATA: join(temporaryDirectory(t), 'data'),
    PORT: String(await freePort()),
    SLUICE_LAB_PORT: String(await freePort()),
  })
}

async function authorize(page: Page, sluice: ReadySluice, decision: 'Allow' | 'Deny'): Promise<void> {
  await page.goto(sluice.base_url + sluice.connect_path)
  await page.getByRole('button', { name: 'Authorize with Lab' }).click()
  await page.getByRole('button', { name: decision }).click()
}

test('a person connects in the browser, reads a sample, and finds the connection in the console', async (t) => {
  const sluice = await start(t)
  const { page, complaints } = await openPage(await openChromium(t))
  await page.goto(sluice.base_url + sluice.connect_path)
  await page.getByLabel('Region').selectOption({ label: 'Europe' })
  await page.getByRole('button', { name: 'Authorize with Lab' }).click()
  await page.getByRole('button', { name: 'Allow' }).waitFor()
  const consent = new URL(page.url())
  assert.notEqual(consent.origin, sluice.base_url)
  await page.getByRole('button', { name: 'Allow' }).click()

  await page.getByText('Healthy').waitFor()
  assert.equal(new URL(page.url()).search, '', 'the code is still in the address')
  await page.getByRole('button', { name: 'Read a sample' }).click()
  await page.getByText(/Shown are \d+ of \d+ documents/).waitFor()
  for (const step of ['spec', 'discover', 'validate', 'capture']) await page.getByText(step, { exact: true }).waitFor()
  assert.ok((await page.getByText(/^cus_\d+$/).count()) > 5)
  assert.ok((await page.getByText(/^ord_\d+$/).count()) > 5)

  await page.goto(sluice.sign_in_url)
  await page.getByText('source-lab').first().waitFor()
  await page.getByText('Healthy').first().waitFor()
  assert.deepEqual(complaints, [])
})

test('denied consent is told on the connect page, and a second try works', async (t) => {
  const sluice = await start(t)
  const { page } = await openPage(await openChromium(t), { width: 375, height: 740 })
  await authorize(page, sluice, 'Deny')
  await page
    .getByText(/denied/i)
    .first()
    .waitFor()
  await page.getByRole('button', { name: 'Authorize with Lab' }).click()
  await page.getByRole('button', { name: 'Allow' }).click()
  await page.getByText('Healthy').waitFor()
})

test('S5 in Chromium: an authorization that another browser started is not finished', async (t) => {
  const sluice = await start(t)
  const browser = await openChromium(t)
  const attacker = await openPage(browser)
  await attacker.page.goto(sluice.base_url + sluice.connect_path)
  const asked = attacker.page.waitForRequest(
    (request) => request.isNavigationRequest() && request.url().includes('/auth?'),
  )
  await attacker.page.getByRole('button', { name: 'Authorize with Lab' }).click()
  const authorizationUrl = (await asked).url()

  const victim = await openPage(browser)
  await victim.page.goto(authorizationUrl)
  await victim.page.getByRole('button', { name: 'Allow' }).click()
  await victim.page.getByRole('heading', { name: 'This was started in another browser' }).waitFor()
  const connections = await fetch(`${sluice.base_url}/v1/connections`, {
    headers: { authorization: `Bearer ${sluice.api_key}` },
  })
  assert.deepEqual(await connections.json(), { data: [], next_cursor: null })
})
