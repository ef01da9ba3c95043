import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { runSluice, startSluice } from '../testing/run-sluice.ts'
import { temporaryDirectory } from '../testing/temporary-directory.ts'
import { createTestBrowser, readJson, type TestBrowser } from '../testing/test-browser.ts'
import { startTestServer, type TestServer } from '../testing/test-server.ts'

test('a login is checked, kept for its owner alone, used for its own server alone, and forgotten', async (t) => {
  const server = await startTestServer(t)
  const env = { XDG_CONFIG_HOME: temporaryDirectory(t) }
  const file = join(env.XDG_CONFIG_HOME, 'sluice', 'profiles.json')
  const login = (key: string, ...args: string[]) =>
    runSluice(['login', '--server', server.base_url, '--api-key-stdin', ...args], env, { stdin: `${key}\n` })

  const refused = await login(`${server.api_key.slice(0, -1)}_`)
  assert.equal(refused.code, 10)
  assert.match(refused.stderr, /does not accept this API key/)
  assert.throws(() => statSync(file), { code: 'ENOENT' })

  const accepted = await login(server.api_key, '--json')
  assert.equal(accepted.code, 0, accepted.stderr)
  assert.deepEqual(JSON.parse(accepted.stdout).scopes, ['admin'])
  assert.ok(!(accepted.stdout + accepted.stderr).includes(server.api_key))
  assert.equal(statSync(file).mode & 0o777, 0o600)

  const narrow = await server.api('POST', '/v1/api_keys', { name: 'ci', scopes: ['connectors:read'] })
  assert.equal((await login(narrow.body.key, '--profile', 'ci')).code, 0)
  assert.equal((await runSluice(['tenants', 'list'], env)).code, 8, 'the last login is the current one')
  assert.equal((await runSluice(['profiles', 'use', 'default'], env)).code, 0)
  assert.equal((await runSluice(['tenants', 'list'], env)).code, 0)
  const connectors = await runSluice(['connectors', 'list', '--profile', 'ci', '--quiet'], env)
  assert.deepEqual([connectors.code, connectors.stdout], [0, 'source-lab\n'])
  const names = await runSluice(['profiles', 'list', '--json'], { ...env, SLUICE_PROFILE: 'ci' })
  assert.deepEqual(
    names.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)),
    [
      { name: 'default', server: server.base_url, current: true },
      { name: 'ci', server: server.base_url, current: false },
    ],
  )

  const elsewhere = await runSluice(['connectors', 'list', '--server', 'http://127.0.0.1:1'], env)
  assert.equal(elsewhere.code, 10, 'no key goes to a server that it is not for')

  await server.api('DELETE', `/v1/api_keys/${narrow.body.id}`)
  const revoked = await runSluice(['connectors', 'list'], { ...env, SLUICE_PROFILE: 'ci' })
  assert.equal(revoked.code, 10)
  assert.match(
    revoked.stderr,
    /The login “ci” at \S+ was revoked\.\n {2}Log in again: sluice login --server \S+ --profile ci/,
  )

  assert.equal((await runSluice(['logout'], env)).code, 0)
  assert.ok(!readFileSync(file, 'utf8').includes(server.api_key))
  assert.equal((await runSluice(['connectors', 'list', '--profile', 'default'], env)).code, 10)
})

test('a file of logins that others may read is refused, and so is one that is none', async (t) => {
  const env = { XDG_CONFIG_HOME: temporaryDirectory(t) }
  const file = join(env.XDG_CONFIG_HOME, 'sluice', 'profiles.json')
  mkdirSync(join(env.XDG_CONFIG_HOME, 'sluice'))
  writeFileSync(file, '{"profiles": {"default": {"server": "http://localhost:1", "api_key": "k"}}}', { mode: 0o644 })
  const open = await runSluice(['connectors', 'list'], env)
  assert.deepEqual([open.code, /chmod 600/.test(open.stderr)], [3, true])
  chmodSync(file, 0o600)
  writeFileSync(file, '{"profiles": {"default": 1}}')
  assert.equal((await runSluice(['connectors', 'list'], env)).code, 3)
  const argv = await runSluice(['login', '--api-key', 'sluice_geheim'], env)
  assert.deepEqual([argv.code, argv.stderr.includes('geheim')], [2, false])
})

async function approver(server: TestServer): Promise<TestBrowser> {
  const browser = createTestBrowser(server.base_url)
  await browser.post('/console/session', { api_key: server.api_key })
  return browser
}

/** Opens the address that the command shows, allows it, and gives where the browser is sent. */
async function allow(browser: TestBrowser, address: string): Promise<URL> {
  const id = new URL(address).pathname.split('/').at(-1)
  const decided = await browser.post(`/console/login_requests/${id}/decision`, { decision: 'approve' })
  return new URL((await readJson(decided)).redirect_to)
}

test('S55 a login by the browser takes the one answer with its state, and what is in the way of it is said', async (t) => {
  let now = new Date()
  const server = await startTestServer(t, { now: () => now })
  const env = { XDG_CONFIG_HOME: temporaryDirectory(t) }
  const browser = await approver(server)
  const args = ['login', '--no-open', '--server', server.base_url, '--scope', 'connectors:read,connections:read']
  const logIn = async () => {
    const login = startSluice([...args, '--json'], env)
    const [, address = ''] = await login.says(/^ {2}(http\S+)$/m)
    return { login, answer: await allow(browser, address) }
  }
  const { login, answer } = await logIn()
  const forged = new URL(answer)
  forged.searchParams.set('state', 'x'.repeat(43))
  assert.equal((await fetch(forged)).status, 400)
  assert.equal((await fetch(new URL('/favicon.ico', answer))).status, 404)
  assert.equal((await fetch(answer)).status, 200)
  const first = await login.ended
  assert.equal(first.code, 0, first.stderr)
  assert.match(first.stderr, /Ignored an answer with another state/)
  const { api_key_id, scopes } = JSON.parse(first.stdout)
  assert.deepEqual(scopes, ['connectors:read', 'connections:read'])
  assert.equal(statSync(join(env.XDG_CONFIG_HOME, 'sluice', 'profiles.json')).mode & 0o777, 0o600)
  assert.equal((await runSluice(['connectors', 'list', '--quiet'], env)).stdout, 'source-lab\n')

  const again = await logIn()
  await fetch(again.answer)
  assert.equal((await again.login.ended).code, 0)
  const earlier = await server.api('GET', `/v1/api_keys/${api_key_id}`)
  assert.notEqual(earlier.body.revoked_at, null, 'the key of before would have stayed behind')

  now = new Date(now.getTime() + 31 * 86_400_000)
  const over = await runSluice(['connectors', 'list'], env)
  assert.equal(over.code, 10)
  assert.match(
    over.stderr,
    /^error: The login “default” at \S+ has expired\.\n {2}Log in again: sluice login --server \S+ --profile default\n/,
  )
  const out = await runSluice(['logout', '--json'], env)
  assert.deepEqual(JSON.parse(out.stdout), { profile: 'default', server: server.base_url, revoked: false })
  assert.match(out.stderr, /Its key was over already/)

  const alone = await runSluice(['login', '--server', server.base_url], env)
  assert.deepEqual([alone.code, /add --device/.test(alone.stderr)], [10, true])
})

test('logout forgets the login though its server is away, and says that the key still works', async (t) => {
  const server = await startTestServer(t)
  const env = { XDG_CONFIG_HOME: temporaryDirectory(t) }
  const login = startSluice(['login', '--no-open', '--server', server.base_url], env)
  const [, address = ''] = await login.says(/^ {2}(http\S+)$/m)
  await fetch(await allow(await approver(server), address))
  assert.equal((await login.ended).code, 0)
  await server.stop()
  const out = await runSluice(['logout'], env)
  assert.equal(out.code, 8)
  assert.match(
    out.stderr,
    /is forgotten on this machine, but \S+ could not revoke its key.*\n.*sluice api-keys revoke \w{12} /,
  )
  assert.equal((await runSluice(['connectors', 'list', '--profile', 'default'], env)).code, 10)
})
