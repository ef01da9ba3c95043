// A tenant that has one of everything, and keys of every kind that does not serve.
import assert from 'node:assert/strict'
import { covers, type Scope, tenantScopes } from '../../api-keys/scopes.ts'
import { connect } from '../connect-story.ts'
import { createTestBrowser } from '../test-browser.ts'
import type { TestServer } from '../test-server.ts'
import { operations } from './operations.ts'

export interface PopulatedTenant {
  /** An id of each collection, by its name in paths: `connections`. */
  ids: ReadonlyMap<string, string>
  /** The same by what bodies and queries call it: `connection_id`. */
  references: ReadonlyMap<string, string>
  expired_key: string
  revoked_key: string
  /** For each scope of the API a key that may do everything else. */
  keys_without: ReadonlyMap<string, string>
  /** Of another tenant, where it may do everything. */
  stranger_key: string
  stranger_key_id: string
}

export async function populateTenant(server: TestServer): Promise<PopulatedTenant> {
  const post = async (path: string, body?: object) => {
    const answer = await server.api('POST', path, body)
    assert.ok(answer.status < 300, `${path}: ${JSON.stringify(answer.body)}`)
    return answer.body
  }
  const newest = async (path: string) => (await server.api('GET', path)).body.data[0].id as string
  const { connection_id, link } = await connect(server)
  const run = await post('/v1/runs?wait=60', { connection_id, operation: 'spec' })
  // Told of nothing that happens here: a delivery would change rows by itself.
  const endpoint = await post('/v1/webhook_endpoints', { url: 'http://127.0.0.1:9/hook', event_types: ['run.failed'] })
  await createTestBrowser(server.base_url).post('/console/session', { api_key: server.api_key })

  const expired = await post('/v1/api_keys', { name: 'expired', scopes: tenantScopes })
  await server.services.db
    .updateTable('api_keys')
    .set({ expires_at: new Date(0) })
    .where('id', '=', expired.id)
    .execute()
  const revoked = await post('/v1/api_keys', { name: 'revoked', scopes: tenantScopes })
  await server.api('DELETE', `/v1/api_keys/${revoked.id}`)
  const keys_without = new Map<string, string>()
  for (const scope of new Set(operations.map((operation) => operation.scope))) {
    const scopes = tenantScopes.filter((held) => !covers([held], scope as Scope))
    keys_without.set(scope, (await post('/v1/api_keys', { name: `without ${scope}`, scopes })).key)
  }
  const stranger = await post('/v1/tenants', { name: 'stranger' })
  const references = new Map([
    ['connector_id', 'source-lab'],
    ['connection_id', connection_id],
    ['target_connection_id', connection_id],
    ['integration_id', server.integration.id],
    ['endpoint_id', endpoint.id as string],
    ['event_id', await newest('/v1/events')],
  ])
  const ids = new Map([
    ['connectors', 'source-lab'],
    ['connections', connection_id],
    ['connect_sessions', link.session_id],
    ['integrations', server.integration.id],
    ['runs', run.id as string],
    ['webhook_endpoints', endpoint.id as string],
    ['events', await newest('/v1/events')],
    ['api_keys', expired.id as string],
    ['console_sessions', await newest('/v1/console_sessions')],
    ['tenants', server.tenant_id],
  ])
  return {
    ids,
    references,
    expired_key: expired.key,
    revoked_key: revoked.key,
    keys_without,
    stranger_key: stranger.api_key.key,
    stranger_key_id: stranger.api_key.id,
  }
}
