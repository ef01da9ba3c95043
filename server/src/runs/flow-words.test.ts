// Every connector of the lab, asked through HTTP in Flow's words whatever it speaks.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { readGrant } from '../grants/grant.ts'
import { LAB_REDIRECT_URI, obtainLabTokens } from '../testing/lab-tokens.ts'
import { connectTo, startServerWith } from '../testing/own-lab-server.ts'
import { startTestServer } from '../testing/test-server.ts'

const lab = (name: string) => fileURLToPath(new URL(`../../../lab/connectors/${name}/flow.yaml`, import.meta.url))
const hasPython = spawnSync('python3', ['--version']).status === 0
const scope = 'openid offline_access customers:read orders:read'

interface Asked {
  /** The connection's config; with tokens in it, given what the lab issued. */
  config: Record<string, unknown> | ((tokens: Record<string, string>) => object)
  /** A binding in Flow's words. */
  binding?: Record<string, unknown>
  /** What `check` comes to. */
  check: string[]
  /** Documents that a preview shows; a program that pushes them elsewhere shows none. */
  documents: boolean
}

const flow: Asked = {
  config: { region: 'all', history: 'all' },
  binding: { stream: 'customers' },
  check: ['discover', 'validate'],
  documents: true,
}

/** A further protocol joins by a line. */
const CONNECTORS: Record<string, Asked> = {
  'flow-lab': flow,
  'flow-lab-protobuf': flow,
  'airbyte-lab': {
    config: { page_size: 50 },
    binding: { stream: 'customers', syncMode: 'full_refresh' },
    check: ['check'],
    documents: true,
  },
  'singer-tap-lab': {
    config: ({ client_id, client_secret, refresh_token }) => ({
      client_id,
      client_secret,
      refresh_token,
      page_size: 50,
    }),
    binding: { tap_stream_id: 'customers' },
    check: ['discover', 'validate'],
    documents: true,
  },
  'devlake-plugin-lab': {
    config: ({ access_token }) => ({ token: access_token, page_size: 50 }),
    check: ['check'],
    documents: true,
  },
  'tightlock-source-lab': {
    config: ({ access_token }) => ({ collection: 'customers', access_token }),
    binding: { name: 'rows', fields: ['id', 'email'], batch_size: 50 },
    check: ['check'],
    documents: true,
  },
  'environment-lab': {
    config: ({ access_token }) => ({ TB_CDK_TOKEN: access_token, TB_CDK_TAG: 'lab' }),
    check: ['discover', 'validate'],
    documents: false,
  },
}

for (const [connector_id, { config, binding, check, documents }] of Object.entries(CONNECTORS)) {
  const needsPython = /^(devlake|tightlock|environment)/.test(connector_id)
  test(`${connector_id} answers to check, spec, discover, validate and capture`, {
    skip: needsPython && !hasPython ? 'there is no python3 here' : false,
  }, async (t) => {
    const { server, connection_id, secrets } = await (typeof config === 'function'
      ? withTokens(t, connector_id, config)
      : withConsent(t, connector_id, config))
    const ask = async (operation: string) => {
      const bindings = binding && [{ resource: binding, target: 'acme/asked' }]
      const order = { connection_id, operation, ...(bindings && { bindings }), max_attempts: 1 }
      const { body } = await server.api('POST', '/v1/runs?wait=60', order)
      assert.equal(body.error, null, `${operation}: ${JSON.stringify(body.error)}`)
      assert.ok(body.steps.every(({ status }: { status: string }) => status === 'succeeded'))
      return body
    }
    const operations = ({ steps }: { steps: { operation: string }[] }) => steps.map(({ operation }) => operation)
    assert.deepEqual(operations(await ask('check')), check)
    const preview = await ask('preview')
    assert.deepEqual(operations(preview), ['spec', 'discover', 'validate', 'capture'])
    const [spec, discovered, validated] = preview.steps
    assert.equal(spec.result.config_schema.type, 'object')
    assert.equal(typeof discovered.result.bindings[0].recommended_name, 'string')
    assert.ok(validated.result.bindings[0].resource_path.length > 0)
    assert.equal(preview.documents.length > 0, documents)
    for (const secret of secrets) {
      assert.ok(!JSON.stringify([preview, server.logs]).includes(secret))
    }
  })
}

async function withConsent(t: TestContext, connector_id: string, config: object) {
  const server = await startServerWith(t, {}, { run_limits: { idle_ms: 2_000 } })
  const connection_id = await connectTo(server, connector_id, config)
  const { access_token, refresh_token } = await readGrant(server.services, {
    id: connection_id,
    tenant_id: server.tenant_id,
  })
  return { server, connection_id, secrets: [access_token.reveal(), refresh_token?.reveal() ?? access_token.reveal()] }
}

async function withTokens(t: TestContext, connector_id: string, config: (tokens: Record<string, string>) => object) {
  const connectors = [lab('source-lab'), lab(connector_id)]
  const server = await startTestServer(t, { connectors, run_limits: { idle_ms: 2_000 } })
  const client = server.lab.addClient({ redirect_uris: [LAB_REDIRECT_URI] })
  const { access_token, refresh_token } = await obtainLabTokens(server.lab, client, { scope })
  const { client_id, client_secret } = client
  const order = { connector_id, config: config({ client_id, client_secret, access_token, refresh_token }) }
  const made = await server.api('POST', '/v1/connections', order)
  assert.equal(made.status, 201, JSON.stringify(made.body))
  return { server, connection_id: made.body.id as string, secrets: [access_token, refresh_token, client_secret] }
}

test('a connector whose spec does not say how its credentials are obtained is told to need a declaration', async (t) => {
  const server = await startTestServer(t, { connectors: [lab('source-lab'), lab('airbyte-source-lab')] })
  const order = { connector_id: 'airbyte-source-lab', config: {} }
  const { status, body } = await server.api('POST', '/v1/connections', order)
  assert.deepEqual([status, body.code], [502, 'invalid_connector_spec'])
  assert.match(body.detail, /Name a provider declaration by `provider`/)
})
