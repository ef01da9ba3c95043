import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { runSluice } from '../testing/run-sluice.ts'
import { temporaryDirectory } from '../testing/temporary-directory.ts'
import { startTestServer } from '../testing/test-server.ts'

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
