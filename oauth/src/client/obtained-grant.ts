import type { IdTokenCheck } from '../id-token/check-id-token.ts'
import type { JsonObject } from '../json.ts'
import type { Secret } from '../secret.ts'
import type { TokenSet } from '../token-response.ts'
import type { KeptDpopKey } from './kept-authorization.ts'

/** What a token request gave, ready to be stored. */
export interface ObtainedGrant {
  tokens: TokenSet
  /** For the connector, by the spec's response map. */
  credentials: Secret<JsonObject>
  /** What later requests need of the responses so far; keep it with the tokens, encrypted. */
  captured: JsonObject
  /** The key that the tokens are bound to; keep it with the tokens, encrypted. Null: they are bearer tokens. */
  dpop: KeptDpopKey | null
  /** Who the person is at the provider, where the issuer is known and sent an ID token. */
  identity: IdTokenCheck
  /** Scopes that were asked for and not granted, as far as the provider says. */
  ungranted_scopes: string[]
  /** Parameters of the authorization response that a code flow must not carry, dropped unread (S11). */
  ignored_parameters: string[]
}

export function ungranted(asked: string[] | null, granted: string | null): string[] {
  if (asked === null || granted === null) return []
  const given = new Set(granted.split(' '))
  return asked.filter((scope) => !given.has(scope))
}
