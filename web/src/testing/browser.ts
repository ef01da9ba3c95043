import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { build } from 'vite'
import { type FixtureServer, startFixtureServer } from './fixture-server.ts'

export interface WebTest {
  server: FixtureServer
  browser: Browser
  close: () => Promise<void>
}

/** Builds the pages into a directory of its own, serves them, and starts the machine's Chromium. */
export async function startWebTest(): Promise<WebTest> {
  const dist = await mkdtemp(join(tmpdir(), 'sluice-web-'))
  const root = new URL('../..', import.meta.url).pathname
  await build({ root, logLevel: 'error', build: { outDir: dist, emptyOutDir: true } })
  const server = await startFixtureServer(dist)
  const browser = await chromium.launch({
    executablePath: chromiumPath(),
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-quic'],
  })
  return {
    server,
    browser,
    close: async () => {
      await browser.close()
      await server.close()
      await rm(dist, { recursive: true })
    },
  }
}

const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

function chromiumPath(): string {
  const path = process.env.SLUICE_CHROMIUM ?? places.find((place) => existsSync(place))
  if (path === undefined) throw new Error('There is no Chromium: run infra/ci-setup.sh or set SLUICE_CHROMIUM.')
  return path
}

export interface OpenedPage extends AsyncDisposable {
  page: Page
  /** Fails when the browser refused anything by the page's policy, or the page threw. */
  assertClean: () => void
}

export async function openPage({ server, browser }: WebTest, path: string, options: BrowserContextOptions = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, locale: 'en-GB', ...options })
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('console', (message) => {
    const expected = /Failed to load resource/.test(message.text())
    if ((message.type() === 'error' || message.type() === 'warning') && !expected) complaints.push(message.text())
  })
  page.setDefaultTimeout(5000)
  await page.goto(server.origin + path)
  const opened: OpenedPage = {
    page,
    assertClean: () => assert.deepEqual(complaints, []),
    [Symbol.asyncDispose]: () => context.close(),
  }
  return opened
}

/** How many pixels the page is wider than its window. */
export function overflow(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
}
