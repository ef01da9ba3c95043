import assert from 'node:assert/strict'
import { test } from 'node:test'
import { consent } from '@sluice/lab'
import { startAuthorization } from '../testing/connect-story.ts'
import { SLUICE } from '../testing/run-sluice.ts'
import { temporaryDirectory } from '../testing/temporary-directory.ts'
import { createTestBrowser } from '../testing/test-browser.ts'
import { startTestServer } from '../testing/test-server.ts'
import { openPane, withoutTmux } from '../testing/tmux.ts'

test('on a terminal, login asks for the key, connect draws a QR code and deleting asks first', {
  skip: withoutTmux,
}, async (t) => {
  const server = await startTestServer(t)
  const env = { XDG_CONFIG_HOME: temporaryDirectory(t) }
  const sluice = (...args: string[]) => openPane(t, [process.execPath, SLUICE, ...args], env)

  const login = sluice('login', '--api-key-stdin', '--server', server.base_url)
  await login.shows(/API key/)
  login.type(server.api_key)
  login.press('Enter')
  const loggedIn = await login.shows(/\[ended with 0\]/)
  assert.match(loggedIn, /Logged in to http.+“admin”/)
  assert.ok(!loggedIn.replaceAll('\n', '').includes(server.api_key), 'the key is not echoed')

  const connecting = sluice('connect', 'source-lab')
  const screen = await connecting.shows(/Waiting for the person/)
  assert.match(screen, /[█▀▄]{20}/)
  const path = new URL(/http\S+\/connect\/\S+/.exec(screen)?.[0] ?? '').pathname
  const browser = createTestBrowser(server.base_url)
  const { href } = await startAuthorization(browser, { path, session_id: '' })
  await browser.open(await consent(href, { decision: 'allow' }))
  const connected = await connecting.shows(/\[ended with 0\]/)
  const [, id = ''] = /^id +(\S+)$/m.exec(connected) ?? []
  assert.match(connected, /^Connected\.$/m)

  const deleting = sluice('connections', 'delete', id)
  await deleting.shows(/Delete the connection to source-lab/)
  deleting.press('Enter')
  assert.match(await deleting.shows(/\[ended with 130\]/), /Nothing was done/)
  const again = sluice('connections', 'delete', id)
  await again.shows(/Delete the connection to source-lab/)
  again.type('y')
  assert.match(await again.shows(/\[ended with 0\]/), /Deleted the connection/)
})
