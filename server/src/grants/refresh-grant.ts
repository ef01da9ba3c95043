import { OAuthError, secret } from '@sluice/oauth'
import { findConnector } from '../connectors/find-connector.ts'
import { openConversation } from '../integrations/open-conversation.ts'
import type { Services } from '../services.ts'
import { type Grant, type GrantedConnection, sealedTokens } from './grant.ts'

/**
 * One refresh (RFC 6749 §6), committed only if this process still holds the lease on the version that it started from.
 *
 * @returns the provider's words in `dead` when it declared the grant dead; every other failure is thrown.
 */
export async function refreshGrant(
  services: Services,
  connection: GrantedConnection,
  grant: Grant,
  leaseOwner: string,
): Promise<{ dead: string | null }> {
  const connector = await findConnector(services.connectors, connection.connector_id)
  if (connector.oauth === null || grant.refresh_token === null) {
    return { dead: 'This connector no longer declares OAuth.' }
  }
  const { tenant_id, integration_id, config } = connection
  const conversation = await openConversation(services, { tenant_id, integration_id, connector })

  try {
    const { refresh_token, access_token, captured, dpop } = grant
    const issued = await conversation.refresh({ refresh_token, access_token, captured, dpop, config })
    const now = services.now()
    // What the provider left out, such as a refresh token that it does not rotate, stays as it was.
    const credentials = secret({ ...grant.credentials.reveal(), ...issued.credentials.reveal() })
    const columns = await sealedTokens(services.keys, connection, { ...issued, credentials }, grant.refresh_token)
    await services.db
      .updateTable('grants')
      .set({ ...columns, version: grant.version + 1, updated_at: now })
      .where('tenant_id', '=', grant.tenant_id)
      .where('connection_id', '=', grant.connection_id)
      .where('version', '=', grant.version)
      .where('lease_owner', '=', leaseOwner)
      .execute()
    return { dead: null }
  } catch (error) {
    if (error instanceof OAuthError && error.verdict === 'reauthorize') return { dead: error.message }
    throw error
  }
}
