import { type ConnectorOAuth, type TaskClient, templateConfig } from '@sluice/connector-specs'
import {
  type Conversation,
  createGuardedFetch,
  createMetadataCache,
  createOAuthClient,
  type GuardedFetch,
  OAuthError,
} from '@sluice/oauth'
import { noAnswer } from './require-answer.ts'

/** The client in conversation with the connector's provider. `issuer` is given on the command line, and goes first. */
export function openConversation(oauth: ConnectorOAuth, client: TaskClient, issuer?: string): Conversation {
  const fetch = tellingOfSilence(createGuardedFetch({ allow_loopback: true }))
  const { registration, scopes, resource, dpop } = client
  return createOAuthClient({
    provider: oauth.source,
    client: registration,
    issuer: issuer ?? client.issuer,
    resource,
    // A connector under development takes its tokens from a file, and a token alone is of no use without its key.
    dpop: dpop ?? 'never',
    ...(scopes && { scopes: { scope: scopes } }),
    read_config: (config) => templateConfig(oauth, config),
    fetch,
    metadata: createMetadataCache({ fetch, allow_loopback: true, allowed_ports: [] }),
  })
}

/** The returned fetch throws CliError `provider` where an address does not answer at all. */
function tellingOfSilence(fetch: GuardedFetch): GuardedFetch {
  return async (request, options) => {
    try {
      return await fetch(request, options)
    } catch (error) {
      throw error instanceof OAuthError && error.code === 'unreachable' ? noAnswer(new URL(request.url), error) : error
    }
  }
}
