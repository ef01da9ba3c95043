import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runSluice } from '../testing/run-sluice.ts'
import { startTestServer } from '../testing/test-server.ts'

test('connectors, integrations, tenants, API keys, webhooks and events are listed, shown and made from the command line', async (t) => {
  const server = await startTestServer(t)
  const env = { SLUICE_SERVER: server.base_url, SLUICE_API_KEY: server.api_key }
  const run = async (args: string, options: { stdin?: string; code?: number } = {}) => {
    const ended = await runSluice(args.split(' '), env, options)
    assert.equal(ended.code, options.code ?? 0, `${args}: ${ended.stderr}`)
    return ended
  }
  const json = async (args: string, options = {}) => JSON.parse((await run(`${args} --json`, options)).stdout)

  assert.match((await run('connectors list')).stdout, /^ID +TITLE +PROTOCOL +OAUTH\nsource-lab /)
  assert.equal((await json('connectors show source-lab')).id, 'source-lab')
  assert.ok(JSON.parse((await run('connectors show source-lab --spec')).stdout).config_schema)
  assert.match((await run('connectors show nothing', { code: 8 })).stderr, /^error: .+\n {2}\(exit code 8\)\n$/)

  const secret = 'integration-secret-4c1e'
  const made = await run('integrations create source-lab --client-id cli --client-secret-stdin --json', {
    stdin: `${secret}\n`,
  })
  assert.ok(!(made.stdout + made.stderr).includes(secret))
  const integration = JSON.parse(made.stdout)
  assert.match(made.stderr, new RegExp(`Register exactly this .+\n {2}${integration.redirect_uri}\n`))
  assert.deepEqual((await run('integrations list --quiet')).stdout.split('\n').slice(0, 2), [
    integration.id,
    server.integration.id,
  ])
  assert.match((await run('integrations list --limit 1')).stderr, /There are more/)
  assert.match((await run(`integrations show ${integration.id}`)).stdout, /^client_id +cli$/m)
  await run('integrations create source-lab --client-id cli', { code: 2 })

  const tenant = await json('tenants create Acme')
  assert.match(tenant.api_key.key, /^sluice_/)
  assert.equal((await json(`tenants rename ${tenant.id} Acme2`)).name, 'Acme2')
  const refused = await run(`tenants delete ${tenant.id}`, { code: 2 })
  assert.match(refused.stderr, /Delete the tenant “Acme2” for good\?\n {2}Add --yes/)
  await run(`tenants delete ${tenant.id} --yes`)
  assert.ok(!(await run('tenants list --quiet')).stdout.includes(tenant.id))

  const key = (await run('api-keys create ci --scope connectors:read,runs:read --expires-in 90d')).stdout.trim()
  const id = key.slice('sluice_'.length, 'sluice_'.length + 12)
  assert.deepEqual((await json(`api-keys show ${id}`)).scopes, ['connectors:read', 'runs:read'])
  const rotated = await json(`api-keys rotate ${id} --overlap 0`)
  assert.notEqual(rotated.key, key)
  await run(`api-keys revoke ${rotated.id} --yes`)
  assert.match((await run('api-keys list')).stdout, new RegExp(`^${rotated.id} +ci +revoked`, 'm'))
  assert.match((await run('api-keys create x --scope nonsense', { code: 8 })).stderr, /\/scopes/)

  const webhook = await json('webhooks create http://localhost:9/hook --type connection.broken')
  assert.match((await run('webhooks list')).stdout, /http:\/\/localhost:9\/hook +enabled +connection\.broken/)
  await run(`webhooks test ${webhook.id}`)
  assert.match((await run('webhooks deliveries')).stdout, /^ID +EVENT +STATUS/)
  const event = (await run('events list --quiet')).stdout.trim()
  await run(`events redeliver ${event} --endpoint ${webhook.id}`)
  await run(`webhooks delete ${webhook.id} --yes`)
})
