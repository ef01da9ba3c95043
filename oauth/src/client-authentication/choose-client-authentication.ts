import type { AuthorizationServer } from '../discovery/authorization-server.ts'
import { OAuthError } from '../errors.ts'
import type { ClientAuthenticationMethod, OAuthClient } from './authenticate-client.ts'

/** Strongest first (RFC 9700 §2.5 prefers key pairs), each with what a client needs for it. */
const PREFERENCE: [ClientAuthenticationMethod, (client: OAuthClient) => unknown][] = [
  ['private_key_jwt', ({ signing_key }) => signing_key],
  ['tls_client_auth', ({ client_certificate }) => client_certificate],
  ['self_signed_tls_client_auth', ({ client_certificate }) => client_certificate],
  ['client_secret_basic', ({ client_secret }) => client_secret],
  ['client_secret_post', ({ client_secret }) => client_secret],
  ['client_secret_jwt', ({ client_secret }) => client_secret],
]

/**
 * The method for a client of which only the credentials are known, by what the server takes; Basic when it does not say
 * (RFC 8414 §2). A client without credentials is a public one.
 *
 * @throws OAuthError `not_offered` when the server takes none of the client's credentials.
 */
export function chooseClientAuthentication(
  { token_endpoint_auth_methods_supported }: Pick<AuthorizationServer, 'token_endpoint_auth_methods_supported'>,
  client: OAuthClient,
): ClientAuthenticationMethod {
  const possible = PREFERENCE.filter(([, credentialsOf]) => credentialsOf(client))
  if (possible.length === 0) return 'none'
  const supported: readonly string[] = token_endpoint_auth_methods_supported ?? ['client_secret_basic']
  const chosen = possible.find(([method]) => supported.includes(method))
  if (chosen !== undefined) return chosen[0]
  const message = 'The provider takes no client authentication that this integration has credentials for.'
  throw new OAuthError('not_offered', message, {
    field: 'token_endpoint_auth_methods_supported',
    verdict: 'integration_broken',
  })
}
