import { buildRefreshRequest, mapCredentials, OAuthError, readTokenResponse, secret } from '@sluice/oauth'
import { findConnector } from '../connectors/find-connector.ts'
import { openOAuthClient } from '../integrations/find-integration.ts'
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
  const { oauth } = await findConnector(services.connectors, connection.connector_id)
  if (oauth === null || grant.refresh_token === null) return { dead: 'This connector no longer declares OAuth.' }
  const client = await openOAuthClient(services, connection.tenant_id, connection.integration_id)
  const request = buildRefreshRequest(oauth.plan, {
    ...client,
    refresh_token: grant.refresh_token,
    config: connection.config,
    captured: grant.captured,
  })

  try {
    const response = await services.fetch(request)
    const now = services.now()
    const tokens = readTokenResponse(oauth.plan, response, { now, phase: 'refresh_token' })
    const mapped = mapCredentials(oauth.plan, tokens, { now, phase: 'refresh_token' })
    // What the provider left out, such as a refresh token that it does not rotate, stays as it was.
    const credentials = secret({ ...grant.credentials.reveal(), ...mapped.reveal() })
    const columns = await sealedTokens(
      services.keys,
      connection,
      { tokens, credentials, captured: grant.captured },
      grant.refresh_token,
    )
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
