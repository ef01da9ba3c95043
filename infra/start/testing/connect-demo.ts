// What a new user does with the demo of `npm start`.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { consent } from '@sluice/lab'
import { temporaryDirectory } from '../../../server/src/testing/temporary-directory.ts'
import { createTestBrowser, readJson } from '../../../server/src/testing/test-browser.ts'
import { freePort, type ReadySluice } from './started-sluice.ts'

export async function ownEnvironment(t: TestContext): Promise<Record<string, string>> {
  return {
    SLUICE_DATA: join(temporaryDirectory(t), 'data'),
    PORT: String(await freePort()),
    SLUICE_LAB_PORT: String(await freePort()),
  }
}

/** Connects through the demo's link; returns the connection's id. */
export async function connectDemo(sluice: ReadySluice): Promise<string> {
  const browser = createTestBrowser(sluice.base_url)
  const start = await readJson(await browser.post(`${sluice.connect_path}/authorize`, { config: { region: 'europe' } }))
  await browser.open(await consent(start.authorization_url, { decision: 'allow' }))
  const session = await readJson(await browser.open(`${sluice.connect_path}/session`))
  assert.equal(session.status, 'completed', JSON.stringify(session))
  return session.connection.id
}

export async function preview(sluice: ReadySluice, apiKey: string, connection_id: string) {
  const response = await fetch(`${sluice.base_url}/v1/runs?wait=60`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ connection_id, operation: 'preview', max_documents: 10 }),
  })
  return readJson(response)
}
