import assert from 'node:assert/strict'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { consent } from '@sluice/lab'
import { startAuthorization } from '../testing/connect-story.ts'
import { type RunningSluice, runSluice, startSluice } from '../testing/run-sluice.ts'
import { temporaryDirectory } from '../testing/temporary-directory.ts'
import { createTestBrowser } from '../testing/test-browser.ts'
import { startTestServer, type TestServer } from '../testing/test-server.ts'

/** What the person does with the link that the command shows. */
async function follow(server: TestServer, sluice: RunningSluice, decision: 'allow' | 'deny' = 'allow') {
  const [, url = ''] = await sluice.says(/^ {2}(http\S+)$/m)
  const browser = createTestBrowser(server.base_url)
  const link = { path: new URL(url).pathname, session_id: '' }
  const callback = await consent((await startAuthorization(browser, link)).href, { decision })
  await browser.open(callback)
}

test('`sluice connect` shows the link, waits for the person and prints the connection, which is then looked after', async (t) => {
  const server = await startTestServer(t)
  const env = { SLUICE_SERVER: server.base_url, SLUICE_API_KEY: server.api_key }
  const run = async (args: string, code = 0) => {
    const ended = await runSluice(args.split(' '), env)
    assert.equal(ended.code, code, `${args}: ${ended.stderr}`)
    return ended
  }

  const connecting = startSluice(['connect', 'source-lab', '--email', 'ada@example.com', '--json'], env)
  const [, code = ''] = await connecting.says(/enter (\S+)$/m)
  assert.match(code, /^[A-Z0-9-]{6,}$/)
  await follow(server, connecting, 'deny')
  await connecting.says(/An attempt failed: .+ The link still works\./)
  await follow(server, connecting)
  const connected = await connecting.ended
  assert.equal(connected.code, 0, connected.stderr)
  const { id, end_user } = JSON.parse(connected.stdout)
  assert.deepEqual(end_user, { id: 'ada@example.com', email: 'ada@example.com' })

  assert.match((await run('connections list')).stdout, new RegExp(`${id} +source-lab +healthy +ada@example.com`))
  assert.equal((await run('connections list --status failing')).stdout, '')
  await run('connections list --status well', 2)
  assert.match((await run(`connections show ${id}`)).stdout, /^status +healthy$/m)
  assert.match((await run(`connections history ${id}`)).stdout, /^AT +WHAT/)
  assert.match((await run(`connections test ${id}`)).stdout, /^config +passed/m)
  assert.equal(JSON.parse((await run(`connections refresh ${id} --json`)).stdout).refreshed, true)

  const repairing = startSluice(['connections', 'repair', id, '--quiet'], env)
  await follow(server, repairing)
  assert.deepEqual(await repairing.ended.then(({ code, stdout }) => [code, stdout]), [0, `${id}\n`])
  const link = (await run('connect source-lab --no-wait')).stdout
  assert.match(link, /^http:\/\/localhost:\d+\/connect\/\S+\n$/)

  const cancelled = startSluice(['connect', 'source-lab'], env)
  await cancelled.says(/works until/)
  const open = (await server.api('GET', '/v1/connect_sessions?status=open')).body.data[0]
  await server.api('DELETE', `/v1/connect_sessions/${open.id}`)
  assert.equal((await cancelled.ended).code, 5)
  const late = await runSluice(['connect', 'source-lab', '--timeout', '1s'], env)
  assert.deepEqual([late.code, /goes on working until/.test(late.stderr)], [7, true])
  const interrupted = startSluice(['connect', 'source-lab'], env)
  await interrupted.says(/works until/)
  interrupted.interrupt()
  assert.equal((await interrupted.ended).code, 130)
  await run('connect', 2)
})

test('credentials are masked unless asked for, exports go to a file of their own, and deleting wants consent', async (t) => {
  const server = await startTestServer(t)
  const env = { SLUICE_SERVER: server.base_url, SLUICE_API_KEY: server.api_key }
  const connecting = startSluice(['connect', 'source-lab', '--quiet'], env)
  await follow(server, connecting)
  const id = (await connecting.ended).stdout.trim()
  const run = async (args: string[], code = 0) => {
    const ended = await runSluice(['connections', ...args], env)
    assert.equal(ended.code, code, `${args}: ${ended.stderr}`)
    return ended
  }
  const { access_token } = JSON.parse((await run(['credentials', id, '--show-secrets'])).stdout)
  const masked = await run(['credentials', id])
  assert.ok(!(masked.stdout + masked.stderr).includes(access_token))
  assert.equal(JSON.parse(masked.stdout).access_token, '********')
  const file = join(temporaryDirectory(t), 'credentials.json')
  const written = await run(['credentials', id, '--output', file])
  assert.deepEqual([written.stdout, statSync(file).mode & 0o777], ['', 0o600])
  assert.equal(JSON.parse(readFileSync(file, 'utf8')).access_token, access_token)

  await run(['export', id], 2)
  await run(['export', id, '--output', '/nowhere/x.json', '--yes'], 3)
  assert.equal((await server.api('GET', `/v1/connections/${id}`)).body.status, 'healthy', 'nothing was given out')
  await run(['export', id, '--output', file, '--yes'])
  assert.ok(JSON.parse(readFileSync(file, 'utf8')).grant.refresh_token)
  assert.equal((await server.api('GET', `/v1/connections/${id}`)).body.status, 'disabled')

  await run(['delete', id], 2)
  const another = startSluice(['connect', 'source-lab', '--quiet'], env)
  await follow(server, another)
  const other = (await another.ended).stdout.trim()
  const asked = await run(['delete', id, '--yes'], 8)
  assert.ok(asked.stderr.includes(other) && /revoke/.test(asked.stderr), asked.stderr)
  await run(['delete', other, '--yes', '--revoke', 'some'], 2)
  assert.match((await run(['delete', other, '--yes', '--revoke', 'none'])).stderr, /refresh_token: kept/)
  assert.match((await run(['delete', id, '--yes'])).stderr, /Deleted the connection to source-lab/)
  await run(['show', id], 8)
})
