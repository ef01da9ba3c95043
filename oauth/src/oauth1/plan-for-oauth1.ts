import type { OAuthPlan } from '../plan.ts'
import { STANDARD_BEHAVIOUR } from '../provider-behaviour.ts'
import { parseTemplate } from '../template/parse-template.ts'
import type { OAuth1Plan } from './oauth1-plan.ts'

/**
 * What a plan of OAuth 2.0 would say of this provider, for whoever asks about lifetimes, refresh or revocation: there is
 * none of that. No request can be built from it; conversations take the OAuth 1.0a plan itself.
 */
export function planForOAuth1({ provider, url_policy }: OAuth1Plan): OAuthPlan {
  return {
    provider,
    uses_pkce: false,
    warnings: [],
    authorization_url: parseTemplate(''),
    token_request: {
      method: 'POST',
      url: parseTemplate(''),
      query: [],
      headers: [],
      body: null,
      members: [],
      media_type: 'form',
    },
    refresh_request: null,
    client_authentication: 'client_secret_post',
    response_map: [],
    refresh_response_map: [],
    url_policy,
    behaviour: { ...STANDARD_BEHAVIOUR, grants: new Set(), refreshes_with: null },
  }
}
