// The connect page in Chromium on the real server: in a popup of another origin's page, behind provider pages that cut the
// opener, without scripts, and what the address bar keeps of an authorization response.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { type TestContext, test } from 'node:test'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { createLink } from '../../server/src/testing/connect-story.ts'
import { defer } from '../../server/src/testing/defer.ts'
import { temporaryDirectory } from '../../server/src/testing/temporary-directory.ts'
import { startTestServer, type TestServer } from '../../server/src/testing/test-server.ts'
import { checkout } from '../checkout.ts'
import { chromiumPath } from '../chromium.ts'
import { builtWebPages } from './built-web-pages.ts'

interface Stage {
  server: TestServer
  browser: Browser
}

async function setStage(t: TestContext): Promise<Stage> {
  const server = await startTestServer(t, { web_directory: await builtWebPages(checkout, temporaryDirectory(t)) })
  const browser = await chromium.launch({
    executablePath: await chromiumPath(),
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-quic'],
  })
  defer(t, () => browser.close())
  return { server, browser }
}

/** A site of somebody else, at another origin than the server. */
async function site(t: TestContext, pages: Record<string, string>): Promise<string> {
  const served = createServer((request, response) => {
    const page = pages[new URL(request.url ?? '/', 'http://site').pathname]
    response.writeHead(page === undefined ? 404 : 200, { 'content-type': 'text/html' }).end(page ?? '')
  }).listen(0, '127.0.0.1')
  await once(served, 'listening')
  defer(t, () => {
    served.closeAllConnections()
    served.close()
  })
  const address = served.address()
  if (typeof address !== 'object' || address === null) throw new Error('no address')
  return `http://127.0.0.1:${address.port}`
}

/** As docs/connect.md shows it; the session is put in by the test, where a backend would create it. */
const embedding = `<!doctype html><title>App</title><button>Connect</button><p id="outcome">waiting</p>
<script>
  const messages = []
  addEventListener('message', ({ origin, data }) => messages.push({ origin, data }))
  const messagesOf = (from) => messages.filter(({ origin }) => origin === from)
  const frame = (address) => document.body.append(Object.assign(document.createElement('iframe'), { src: address }))
</script>
<script type="module">
  document.querySelector('button').onclick = async () => {
    const { connect } = await window.helper
    const outcome = await connect(() => Promise.resolve(window.session))
    document.querySelector('#outcome').textContent = outcome.status + ' ' + outcome.connection_id
  }
</script>`

async function openApp(context: BrowserContext, { server }: Stage, origin: string, body: object = {}) {
  const session = await server.api('POST', '/v1/connect_sessions', {
    connector_id: 'source-lab',
    allowed_origins: [origin],
    ...body,
  })
  const { url, status_url } = session.body
  const page = await context.newPage()
  await page.goto(origin)
  await page.evaluate(
    async ([script, given]) => {
      // The helper is loaded before the click, as by a script tag, so that the popup opens within it.
      Object.assign(globalThis, { session: given, helper: await import(script as string) })
    },
    [`${server.base_url}/connect.js`, { url, status_url }] as const,
  )
  return { page, session: session.body }
}

async function openPopup(page: Page): Promise<Page> {
  const opened = page.waitForEvent('popup')
  await page.getByRole('button', { name: 'Connect' }).click()
  return opened
}

async function authorizeIn(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Authorize with Lab' }).click()
  await page.getByRole('button', { name: 'Allow' }).click()
}

test('S18 in Chromium: a popup hints by exact origin and nonce, and what other origins post is ignored', async (t) => {
  const stage = await setStage(t)
  const forger = await site(t, {
    '/': `<script>setInterval(() => parent.postMessage({ type: 'sluice.connect', nonce: '0', status: 'completed' }, '*'), 50)</script>`,
  })
  const app = await site(t, { '/': embedding })
  const { page, session } = await openApp(await stage.browser.newContext(), stage, app)
  await page.evaluate(`frame('${forger}')`)
  const popup = await openPopup(page)
  await popup.getByRole('button', { name: 'Authorize with Lab' }).waitFor()
  assert.equal(new URL(popup.url()).hash, '')
  const forged = () => page.evaluate((from) => messagesOf(from).length, forger)
  await page.waitForFunction((from) => messagesOf(from).length > 3, forger)
  assert.equal(await page.textContent('#outcome'), 'waiting')

  const closed = popup.waitForEvent('close')
  await authorizeIn(popup)
  await closed
  await page.getByText(/^completed/).waitFor()
  const { body } = await stage.server.api('GET', `/v1/connect_sessions/${session.id}`)
  assert.equal(await page.textContent('#outcome'), `completed ${body.connection_id}`)
  assert.ok((await forged()) > 3)
  const hints = await page.evaluate((from) => messagesOf(from), stage.server.base_url)
  assert.deepEqual(
    hints.map(({ data }) => data.status),
    ['open', 'completed'],
  )
  for (const { data } of hints) assert.deepEqual(Object.keys(data).sort(), ['nonce', 'status', 'type'])
})

declare function messagesOf(origin: string): { data: { status: string } }[]

test('S18 in Chromium: a page that the session does not name learns nothing of its popup', async (t) => {
  const stage = await setStage(t)
  const app = await site(t, { '/': embedding })
  const { page, session } = await openApp(await stage.browser.newContext(), stage, app, {
    allowed_origins: ['https://app.customer.example'],
  })
  const popup = await openPopup(page)
  await authorizeIn(popup)
  const { body } = await stage.server.api('GET', `/v1/connect_sessions/${session.id}?wait=10`)
  assert.equal(body.status, 'completed')
  assert.deepEqual(await page.evaluate('messages'), [])
  assert.equal(await page.textContent('#outcome'), 'waiting')
})

test('a provider whose pages cut the opener does not keep the page from learning the outcome', async (t) => {
  const stage = await setStage(t)
  const app = await site(t, { '/': embedding })
  const context = await stage.browser.newContext()
  await context.route(`${stage.server.lab.origin}/**`, async (route) => {
    const response = await route.fetch({ maxRedirects: 0 })
    await route.fulfill({ response, headers: { ...response.headers(), 'cross-origin-opener-policy': 'same-origin' } })
  })
  const { page } = await openApp(context, stage, app)
  const popup = await openPopup(page)
  await authorizeIn(popup)
  await page.getByText(/^completed/).waitFor()
  const hints = (await page.evaluate('messages')) as { data: { status: string } }[]
  assert.ok(!hints.some(({ data }) => data.status === 'completed'), 'the opener was not cut')
})

test('without scripts a person fills the form, authorizes and sees the outcome', async (t) => {
  const { server, browser } = await setStage(t)
  const link = await createLink(server, { return_to: 'https://customer.example/done' })
  const context = await browser.newContext({ javaScriptEnabled: false })
  const page = await context.newPage()
  await page.goto(server.base_url + link.path)
  await page.getByRole('heading', { name: 'Connect Lab shop' }).waitFor()
  await page.getByLabel('Region').selectOption('europe')
  await page.getByLabel('Page size').fill('7')
  await authorizeIn(page)
  await page.getByRole('heading', { name: 'It is connected' }).waitFor()
  const [connection] = (await server.api('GET', '/v1/connections')).body.data
  assert.deepEqual([connection.config.region, connection.config.page_size], ['europe', 7])
  assert.equal(await page.getByRole('link', { name: 'Continue' }).getAttribute('href'), 'https://customer.example/done')
  const again = await (await browser.newContext({ javaScriptEnabled: false })).newPage()
  await again.goto(server.base_url + link.path)
  await again.getByRole('heading', { name: 'This link was already used' }).waitFor()
})

test('S13 in Chromium: headers that a proxy might forge change neither redirect URI nor outcome', async (t) => {
  const { server, browser } = await setStage(t)
  const link = await createLink(server)
  const context = await browser.newContext()
  const forged = { 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https', forwarded: 'host=evil.example' }
  await context.route(`${server.base_url}/**`, (route) =>
    route.continue({ headers: { ...route.request().headers(), ...forged } }),
  )
  const page = await context.newPage()
  await page.goto(server.base_url + link.path)
  const asked = page.waitForRequest((request) => new URL(request.url()).searchParams.has('redirect_uri'))
  await authorizeIn(page)
  const redirect = new URL((await asked).url()).searchParams.get('redirect_uri')
  assert.equal(redirect, `${server.base_url}/oauth/callback/${server.integration.id}`)
  await page.getByText('Healthy').waitFor()
})

test('S16 in Chromium: the code leaves the address and the history, no referrer goes on, and no frame shows a callback', async (t) => {
  const { server, browser } = await setStage(t)
  const link = await createLink(server)
  const page = await (await browser.newContext()).newPage()
  const addresses: string[] = []
  page.on('framenavigated', (frame) => addresses.push(frame.url()))
  await page.goto(server.base_url + link.path)
  await authorizeIn(page)
  await page.getByText('Healthy').waitFor()
  assert.ok(!addresses.some((address) => address.includes('code=')), addresses.join('\n'))
  assert.equal(await page.evaluate('document.referrer'), '')

  const framer = await site(t, { '/': `<iframe src="${server.base_url}/oauth/callback/x?state=y"></iframe>` })
  const refused = page.waitForEvent('console', (message) => /frame-ancestors/.test(message.text()))
  await page.goto(framer)
  await refused
  await page.goto(`${server.base_url}/oauth/callback/${server.integration.id}?state=x&code=y`)
  await page.getByRole('heading', { name: 'This answer was already used' }).waitFor()
})
