// A test server whose connector takes OAuth or an API key, and whose provider declares all that a provider can.
import { fileURLToPath } from 'node:url'
import { secret } from '@sluice/oauth'
import { createApiKey } from '../api-keys/create-api-key.ts'
import { createIntegration } from '../integrations/create-integration.ts'
import { redirectUri } from '../integrations/integration-record.ts'
import { uuidv7 } from '../uuid.ts'
import { LAB_REDIRECT_URI } from './lab-tokens.ts'
import { startTestServer, type TestServer, type TestServerOptions } from './test-server.ts'

const connector = fileURLToPath(new URL('./connectors/accounts.flow.yaml', import.meta.url))

/** `refresh_tokens` in YAML's flow style. */
export const labDeclaration = (origin: string, refresh_tokens = '{}') => `provider: lab
authorization:
  url: ${origin}/auth
token:
  url: ${origin}/token
  client_authentication: client_secret_basic
grants:
  authorization_code: {}
  refresh_token: {}
refresh_tokens: ${refresh_tokens}
revocation:
  url: ${origin}/token/revocation
api:
  base_url: ${origin}/api
  test:
    path: /me
`

export interface AccountsServer extends TestServer {
  /** The client of the connector's integration. */
  client: { client_id: string; client_secret: string }
  integration_id: string
  anotherTenant(): Promise<{ id: string; api_key: string }>
}

export async function startAccountsServer(
  t: Parameters<typeof startTestServer>[0],
  options: TestServerOptions = {},
): Promise<AccountsServer> {
  const server = await startTestServer(t, {
    provider: labDeclaration,
    ...options,
    connectors: [fileURLToPath(new URL('../../../lab/connectors/source-lab/flow.yaml', import.meta.url)), connector],
  })
  const { lab, services, tenant_id } = server
  const { client_id, client_secret } = lab.addClient()
  const { id } = await createIntegration(services, {
    tenant_id,
    connector_id: 'source-accounts',
    client_id,
    client_secret: secret(client_secret),
  })
  lab.addClient({ client_id, client_secret, redirect_uris: [redirectUri(services.base_url, id), LAB_REDIRECT_URI] })
  return {
    ...server,
    client: { client_id, client_secret },
    integration_id: id,
    async anotherTenant() {
      const tenant = uuidv7()
      await services.db.insertInto('tenants').values({ id: tenant, name: 'another' }).execute()
      return { id: tenant, api_key: await createApiKey(services.db, { tenant_id: tenant, name: 'its key' }) }
    },
  }
}
