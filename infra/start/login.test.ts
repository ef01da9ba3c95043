// `sluice login` as a person does it: the command in one window, the console's approval page in Chromium.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { type Browser, chromium, type Page } from 'playwright-core'
import { createAdminLink } from '../../server/src/console/admin-link.ts'
import { defer } from '../../server/src/testing/defer.ts'
import { startWithProvider } from '../../server/src/testing/identity-provider.ts'
import { runSluice, startSluice } from '../../server/src/testing/run-sluice.ts'
import { temporaryDirectory } from '../../server/src/testing/temporary-directory.ts'
import type { TestServer } from '../../server/src/testing/test-server.ts'
import { checkout } from '../checkout.ts'
import { chromiumPath } from '../chromium.ts'
import { builtWebPages } from './built-web-pages.ts'

interface Stage {
  server: TestServer
  browser: Browser
  env: { XDG_CONFIG_HOME: string }
}

async function setStage(t: TestContext): Promise<Stage> {
  const web_directory = await builtWebPages(checkout, temporaryDirectory(t))
  const server = await startWithProvider(t, 'alice@lab.example editor', { web_directory })
  const args = ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-quic']
  const browser = await chromium.launch({ executablePath: await chromiumPath(), args })
  defer(t, () => browser.close())
  return { server, browser, env: { XDG_CONFIG_HOME: temporaryDirectory(t) } }
}

/** Where SLUICE_SCREENSHOTS names a directory, a person can look at what the test saw. */
async function picture(page: Page, name: string): Promise<void> {
  const directory = process.env.SLUICE_SCREENSHOTS
  if (directory) await page.screenshot({ path: join(directory, `${name}.png`), fullPage: true })
}

test('a person signs in by the identity provider, allows the machine, and its key works until logout', async (t) => {
  const { server, browser, env } = await setStage(t)
  const login = startSluice(['login', '--no-open', '--server', server.base_url, '--expires-in', '7d', '--json'], env)
  const [, address = ''] = await login.says(/^ {2}(http\S+)$/m)
  const page = await (await browser.newContext({ viewport: { width: 1280, height: 900 } })).newPage()
  await page.goto(address)
  await page.getByRole('button', { name: /^Continue with localhost/ }).click()
  await page.getByLabel('Alice Archer').check()
  await page.getByRole('button', { name: 'Allow' }).click()
  await page.getByRole('heading', { name: /^Let \S+@\S+ use Sluice as you\?$/ }).waitFor()
  assert.equal(page.url(), address, 'after signing in the person is where they wanted to be')
  for (const shown of ['alice@lab.example', '7 days', 'connections:write']) {
    await page.getByText(shown, { exact: false }).first().waitFor()
  }
  assert.equal(await page.getByText('credentials:read').count(), 0)
  await picture(page, 'login-desktop')
  await page.setViewportSize({ width: 390, height: 844 })
  const tooWide = await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth')
  assert.equal(tooWide, 0)
  await picture(page, 'login-phone')
  await page.getByRole('button', { name: 'Allow' }).click()
  await page.getByRole('heading', { name: 'Logged in' }).waitFor()
  assert.match(page.url(), /^http:\/\/127\.0\.0\.1:\d+\//)

  const ended = await login.ended
  assert.equal(ended.code, 0, ended.stderr)
  const { api_key_id, scopes } = JSON.parse(ended.stdout)
  assert.ok(scopes.includes('connections:write') && !scopes.includes('admin'))
  const list = await server.api('GET', '/v1/api_keys')
  assert.match(list.body.data[0].name, /^alice@lab\.example on \S+@\S+$/)
  assert.equal((await runSluice(['connectors', 'list'], env)).code, 0)
  assert.equal((await runSluice(['logout'], env)).code, 0)
  assert.notEqual((await server.api('GET', `/v1/api_keys/${api_key_id}`)).body.revoked_at, null)
})

test('the one-time link leads back to the approval, and a code is entered on another device, or refused', async (t) => {
  const { server, browser, env } = await setStage(t)
  const start = async () => {
    const login = startSluice(['login', '--device', '--server', server.base_url], env)
    const [, code = ''] = await login.says(/enter the code {2}(\S+)/)
    return { login, code }
  }
  const { login, code } = await start()
  const page = await (await browser.newContext({ viewport: { width: 390, height: 844 } })).newPage()
  await page.goto(`${server.base_url}/console/device`)
  await page.getByRole('heading', { name: 'Sign in to the console' }).waitFor()
  await page.goto(await createAdminLink(server.services, server.tenant_id))
  await page.getByLabel('Code').fill('bbbb bbbb')
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.getByText('There is no such code').waitFor()
  await picture(page, 'device-phone')
  await page.getByLabel('Code').fill(code.toLowerCase())
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.getByText('If somebody else gave you the code, refuse').waitFor()
  await picture(page, 'device-approval-phone')
  await page.getByRole('button', { name: 'Allow' }).click()
  await page.getByText('Go back to its terminal').waitFor()
  const ended = await login.ended
  assert.equal(ended.code, 0, ended.stderr)
  assert.equal((await runSluice(['tenants', 'list'], env)).code, 0)

  const second = await start()
  await page.goto(`${server.base_url}/console/device`)
  await page.getByLabel('Code').fill(second.code)
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.getByRole('button', { name: 'Refuse' }).click()
  await page.getByText('got no key').waitFor()
  const refused = await second.login.ended
  assert.equal(refused.code, 5)
  assert.match(refused.stderr, /^error: The login was refused in the console\.$/m)
})
