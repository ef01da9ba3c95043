// `sluice raw oauth --server`: a running server in place of the engine in the command's own process.
import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { consent } from '@sluice/lab'
import { startAuthorization } from '../testing/connect-story.ts'
import { runSluice, startSluice } from '../testing/run-sluice.ts'
import { temporaryDirectory } from '../testing/temporary-directory.ts'
import { createTestBrowser } from '../testing/test-browser.ts'
import { startTestServer } from '../testing/test-server.ts'

const CONNECTOR = fileURLToPath(new URL('../../../lab/connectors/source-lab/source-lab.ts', import.meta.url))

async function setStage(t: TestContext) {
  const server = await startTestServer(t)
  const directory = join(temporaryDirectory(t), 'shop')
  mkdirSync(directory)
  const client = { client_id: server.integration.client_id, client_secret: server.client_secret }
  writeFileSync(join(directory, 'client.json'), JSON.stringify(client))
  writeFileSync(join(directory, 'config.yaml'), 'region: europe # of the shop\n')
  const env = { LAB_ORIGIN: server.lab.origin }
  const local = { command: [process.execPath, CONNECTOR], env, config: 'config.yaml', oauthClient: 'client.json' }
  const bindings = [{ resource: { stream: 'customers' }, target: 'acme/customers' }]
  const source = join(directory, 'flow.yaml')
  writeFileSync(source, JSON.stringify({ captures: { 'acme/source-lab': { endpoint: { local }, bindings } } }))

  const login = { SLUICE_API_KEY: server.api_key }
  /** Does what the person does at the link that the command shows. */
  const authorize = async (...args: string[]) => {
    const command = ['raw', 'oauth', '--source', source, '--server', server.base_url, '--no-open', ...args]
    const running = startSluice(command, login)
    const [, link = ''] = await running.says(/^ {2}(http\S+\/connect\/\S+)$/m)
    const browser = createTestBrowser(server.base_url)
    const { href } = await startAuthorization(browser, { path: new URL(link).pathname, session_id: '' })
    await browser.open(await consent(href, { decision: 'allow' }))
    return await running.ended
  }
  return { server, source, config: join(directory, 'config.yaml'), directory, authorize, login }
}

test('raw oauth --server prints the connection, or with --show-secrets what the connector is to be given', async (t) => {
  const { server, source, directory, authorize, login } = await setStage(t)
  const made = await authorize('--json')
  assert.equal(made.code, 0, made.stderr)
  const { id, status } = JSON.parse(made.stdout)
  assert.equal(status, 'healthy')
  const { body: read } = await server.api('GET', `/v1/connections/${id}/credentials`)
  assert.ok(!(made.stdout + made.stderr).includes(read.access_token))

  const shown = await authorize('--json', '--show-secrets')
  assert.equal(shown.code, 0, shown.stderr)
  const { task, credentials, redacted, expires_at } = JSON.parse(shown.stdout)
  assert.deepEqual([task, redacted], ['acme/source-lab', {}])
  assert.ok(Date.parse(expires_at) > Date.now())
  assert.equal(credentials.client_secret, server.client_secret)
  const file = join(directory, 'creds.json')
  writeFileSync(file, shown.stdout)
  const captured = await runSluice(
    ['raw', 'capture', '--source', source, '--credentials', file, '--max-documents', '2'],
    login,
  )
  assert.deepEqual([captured.code, captured.stdout.trim().split('\n').length], [0, 2], captured.stderr)
})

test('raw oauth --server --write takes the grant over into the config, and the server lets it rest', async (t) => {
  const { server, source, config, authorize, login } = await setStage(t)
  const written = await authorize('--write', '--plain', '--json')
  assert.equal(written.code, 0, written.stderr)
  const text = readFileSync(config, 'utf8')
  assert.match(text, /^region: europe # of the shop\ncredentials:\n/)
  assert.ok(!written.stdout.includes(server.client_secret), 'what is shown is redacted')
  const { body: list } = await server.api('GET', '/v1/connections')
  assert.equal(list.data[0].status, 'disabled')
  const captured = await runSluice(['raw', 'capture', '--source', source, '--max-documents', '2'], login)
  assert.deepEqual([captured.code, captured.stdout.trim().split('\n').length], [0, 2], captured.stderr)

  const nobody = await runSluice(
    ['raw', 'oauth', '--source', source, '--server', server.base_url, '--write', '--no-open'],
    login,
  )
  assert.deepEqual([nobody.code, /nobody is named for whom/.test(nobody.stderr)], [2, true])
  const device = await runSluice(['raw', 'oauth', '--source', source, '--server', server.base_url, '--device'], login)
  assert.equal(device.code, 2)
})
