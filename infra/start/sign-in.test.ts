// Signing in to the console by an identity provider, as a person does it in Chromium; the lab is the provider.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chromium } from 'playwright-core'
import { startWithProvider } from '../../server/src/testing/identity-provider.ts'
import { temporaryDirectory } from '../../server/src/testing/temporary-directory.ts'
import { checkout } from '../checkout.ts'
import { chromiumPath } from '../chromium.ts'
import { builtWebPages } from './built-web-pages.ts'

test('a person signs in by the identity provider, and one without access is told why', async (t) => {
  const web_directory = await builtWebPages(checkout, temporaryDirectory(t))
  const server = await startWithProvider(t, 'alice@lab.example viewer', { web_directory })
  const browser = await chromium.launch({
    executablePath: await chromiumPath(),
    args: ['--no-sandbox', '--disable-gpu'],
  })
  t.after(() => browser.close())
  const signIn = async (account: string) => {
    const page = await (await browser.newContext()).newPage()
    await page.goto(server.base_url)
    await page.getByRole('button', { name: /^Continue with localhost/ }).click()
    await page.getByLabel(account).check()
    await page.getByRole('button', { name: 'Allow' }).click()
    return page
  }

  const alice = await signIn('Alice Archer')
  await alice.getByRole('heading', { name: 'Connections' }).waitFor()
  assert.equal(new URL(alice.url()).search, '')
  const cookies = await alice.context().cookies(server.base_url)
  const session = cookies.find(({ name }) => name === 'sluice_console')
  assert.deepEqual([session?.httpOnly, session?.sameSite], [true, 'Lax'])
  assert.ok(!cookies.some(({ name }) => name === 'sluice_sign_in'))
  await alice.getByRole('button', { name: 'Sign out' }).click()
  await alice.getByRole('heading', { name: 'Sign in to the console' }).waitFor()

  const bob = await signIn('Bob Baker')
  await bob.getByText('nobody has given you access').waitFor()
})
