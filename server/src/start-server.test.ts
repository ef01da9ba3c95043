import assert from 'node:assert/strict'
import { test } from 'node:test'
import { consent } from '@sluice/lab'
import { connectDatabase } from './database/connect.ts'
import { createLink, startAuthorization } from './testing/connect-story.ts'
import { createTestBrowser } from './testing/test-browser.ts'
import { startTestServer } from './testing/test-server.ts'

test('a server that is stopped stores first what a person has just consented to', async (t) => {
  const server = await startTestServer(t)
  const link = await createLink(server)
  const browser = createTestBrowser(server.base_url)
  const callback = await consent(await startAuthorization(browser, link), { decision: 'allow' })
  const { fetch: exchange } = server.services
  const [asked, answer] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  server.services.fetch = async (...request) => {
    asked.resolve()
    await answer.promise
    return exchange(...request)
  }
  const returning = browser.open(callback)
  await asked.promise
  const stopped = server.stop()
  assert.equal((await fetch(`${server.base_url}/health/live`)).status, 503)
  answer.resolve()
  assert.equal((await returning).status, 303)
  await stopped

  const { db, close } = connectDatabase(server.database_url)
  t.after(close)
  const { status } = await db.selectFrom('connections').select('status').executeTakeFirstOrThrow()
  assert.equal(status, 'healthy')
})

test('metrics may have a port of their own, and then the server’s port does not show them', async (t) => {
  const together = await startTestServer(t)
  assert.equal(together.metrics_port, null)
  assert.match(await (await fetch(`${together.base_url}/metrics`)).text(), /^sluice_refreshes_due 0$/m)

  const apart = await startTestServer(t, { metrics_port: 0 })
  assert.equal((await fetch(`${apart.base_url}/metrics`)).status, 404)
  const own = `http://localhost:${apart.metrics_port}`
  assert.match(await (await fetch(`${own}/metrics`)).text(), /^sluice_refreshes_due 0$/m)
  for (const path of ['/', '/v1/connectors', '/health/live']) assert.equal((await fetch(own + path)).status, 404)
})
