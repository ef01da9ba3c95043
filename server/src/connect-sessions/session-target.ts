// What a connect session is for: a connector with the integration to use, or a connection to repair.

import type { JsonObject } from '@sluice/oauth'
import { type ConnectionRow, findConnection, openConfig } from '../connections/connection.ts'
import type { DescribedConnector } from '../connectors/connector-catalogue.ts'
import { findConnector } from '../connectors/find-connector.ts'
import { Problem } from '../http/problem.ts'
import { chooseIntegration } from '../integrations/choose-integration.ts'
import { findIntegration, withoutGrant } from '../integrations/find-integration.ts'
import type { IntegrationRow } from '../integrations/integration-record.ts'
import type { Services } from '../services.ts'

export interface SessionTarget {
  connector: DescribedConnector
  integration: IntegrationRow
  /** Set for a repair: the connection, and its config as it stands. */
  connection: ConnectionRow | null
  config: JsonObject
}

export interface WantedTarget {
  tenant_id: string
  connector_id?: string | undefined
  integration_id?: string | undefined
  connection_id?: string | undefined
}

/** @throws Problem 404, 409 or 422 when what is named does not exist, is ambiguous, or does not fit together */
export async function findTarget(services: Services, wanted: WantedTarget): Promise<SessionTarget> {
  if (wanted.connection_id !== undefined) return repairTarget(services, wanted, wanted.connection_id)
  if (wanted.connector_id === undefined) {
    throw new Problem(
      422,
      'connector_missing',
      'Say what to connect with connector_id, or what to repair with connection_id.',
    )
  }
  const connector = await findConnector(services.connectors, wanted.connector_id)
  const integration = await chooseIntegration(services, wanted.tenant_id, connector.id, wanted.integration_id)
  requireConsentPage(connector, integration)
  return { connector, integration, connection: null, config: {} }
}

/** @throws Problem 422 where the provider asks nobody: its client gets tokens for itself */
function requireConsentPage({ id, oauth }: DescribedConnector, { issuer }: IntegrationRow): void {
  if (oauth === null || oauth.source.protocol === 'oauth1' || issuer !== null) return
  if (oauth.plan.behaviour.grants.has('authorization_code')) return
  const [grant_type] = oauth.plan.behaviour.grants
  throw new Problem(
    422,
    'no_consent_page',
    `The provider of ${id} asks no person. Create the connection with POST /v1/connections and "grant_type": "${grant_type}".`,
  )
}

async function repairTarget(services: Services, wanted: WantedTarget, connectionId: string): Promise<SessionTarget> {
  const connection = await findConnection(services, wanted.tenant_id, connectionId)
  if (connection.integration_id === null) throw withoutGrant()
  for (const name of ['connector_id', 'integration_id'] as const) {
    if (wanted[name] === undefined || wanted[name] === connection[name]) continue
    const message = `The connection has another ${name}: leave it out, or make a new connection.`
    throw new Problem(422, 'connection_of_another_kind', message, {
      errors: [{ pointer: `/${name}`, rule: 'same_as_connection', message }],
    })
  }
  return {
    connector: await findConnector(services.connectors, connection.connector_id),
    integration: await findIntegration(services, wanted.tenant_id, connection.integration_id),
    connection,
    config: await openConfig(services, connection),
  }
}
