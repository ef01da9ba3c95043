import { findOAuthCredentials, isJsonObject, templateConfig } from '@sluice/connector-specs'
import { type Conversation, createOAuthClient, type DpopUse, type GuardedFetch } from '@sluice/oauth'
import type { DescribedConnector } from '../connectors/connector-catalogue.ts'
import { Problem } from '../http/problem.ts'
import type { Services } from '../services.ts'
import { type ClientRow, openClient, openIntegration } from './find-integration.ts'

export interface ConversationParties {
  tenant_id: string
  /** Null: a connection without grant, which is refused. */
  integration_id: string | null
  connector: DescribedConnector
  /** The integration's row, where it was read already. */
  client?: ClientRow
  /** The scopes to ask for, in place of the integration's. */
  scopes?: string[] | null
  /** In place of `services.fetch`, to watch or stop what is sent. */
  fetch?: GuardedFetch
}

/**
 * An integration's client in conversation with its connector's provider: every request to the provider goes through this.
 *
 * @throws Problem 404 for another tenant's integration, 422 when the connector declares no OAuth
 */
export async function openConversation(services: Services, parties: ConversationParties): Promise<Conversation> {
  const { connector, tenant_id, integration_id } = parties
  if (connector.oauth === null) {
    throw new Problem(422, 'connector_without_oauth', `${connector.title} no longer offers an authorization.`)
  }
  const { client, issuer, resource, dpop, ...integration } =
    parties.client === undefined || integration_id === null
      ? await openIntegration(services, tenant_id, integration_id)
      : await openClient(services.keys, { tenant_id, id: integration_id }, parties.client)
  const { oauth } = connector
  const scopes = parties.scopes ?? integration.scopes
  return createOAuthClient({
    provider: connector.oauth.source,
    client,
    issuer,
    resource,
    ...(scopes && { scopes: { scope: scopes } }),
    dpop: dpop ?? dpopFor(connector, connector.oauth.provider),
    read_config: (config) => templateConfig(oauth, config),
    fetch: parties.fetch ?? services.fetch,
    metadata: services.metadata,
    now: services.now,
  })
}

/** A token that is bound to a key is of no use to a connector that does not get the key. */
function dpopFor({ spec }: DescribedConnector, provider: string): DpopUse | null {
  const properties = findOAuthCredentials(spec.config_schema, provider)?.schema.properties
  return isJsonObject(properties) && 'dpop_private_key' in properties ? null : 'never'
}
