import { OAuthError } from '../errors.ts'
import type { TokenSet } from '../token-response.ts'

/**
 * Requires that a token is bound to the key that asked for it (RFC 9449 §5): `token_type` is DPoP. A Bearer token in its
 * place would be good in anybody's hands, so it is not used (S52).
 *
 * @throws OAuthError `dpop_not_bound`.
 */
export function requireDpopBound(tokens: TokenSet): TokenSet {
  if (tokens.token_type?.toLowerCase() === 'dpop') return tokens
  const message =
    'The provider promised a token that is bound to our key and gave one that is not. It was not used; have the client registration mended at the provider, then authorize again.'
  throw new OAuthError('dpop_not_bound', message, { field: 'token_type', verdict: 'integration_broken' })
}
