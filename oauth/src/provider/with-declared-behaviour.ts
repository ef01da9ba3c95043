import type { OAuthPlan } from '../plan.ts'
import { STANDARD_BEHAVIOUR, type TokenResponseReading } from '../provider-behaviour.ts'

/**
 * Adds to a plan of a dialect without words for it what the provider's own declaration says beyond requests and replies:
 * how refresh tokens live, how grants are revoked and introspected, the test call, lifetimes that replies do not state, and
 * what tells accounts apart, and who its issuer is. What the plan itself says stays.
 */
export function withDeclaredBehaviour(plan: OAuthPlan, declared: OAuthPlan): OAuthPlan {
  const { behaviour } = plan
  const own = <Key extends keyof OAuthPlan['behaviour']>(key: Key): OAuthPlan['behaviour'][Key] =>
    behaviour[key] === STANDARD_BEHAVIOUR[key] ? declared.behaviour[key] : behaviour[key]
  const server = plan.server ?? declared.server
  return {
    ...plan,
    // An issuer that depends on config would need the declaration's own names for its fields.
    ...(server && (server.issuer?.names.size ?? 0) === 0 && { server }),
    url_policy: {
      ...plan.url_policy,
      allowed_hosts: [...new Set([...plan.url_policy.allowed_hosts, ...declared.url_policy.allowed_hosts])],
    },
    behaviour: {
      ...behaviour,
      refresh_policy: own('refresh_policy'),
      revocation: own('revocation'),
      introspection: own('introspection'),
      api: own('api'),
      incremental_scopes: own('incremental_scopes'),
      scope_meanings: own('scope_meanings'),
      account: own('account'),
      token_response: withLifetime(behaviour.token_response, declared.behaviour.token_response),
      refresh_response: withLifetime(behaviour.refresh_response, declared.behaviour.refresh_response),
    },
  }
}

/** Captures help and are not demanded: the plan's author did not count on them. */
function withLifetime(own: TokenResponseReading, declared: TokenResponseReading): TokenResponseReading {
  const { refresh_token_expires_in } = declared.pointers
  return {
    ...own,
    pointers: { ...(refresh_token_expires_in && { refresh_token_expires_in }), ...own.pointers },
    default_lifetime: own.default_lifetime ?? declared.default_lifetime,
    captures: own.captures.length > 0 ? own.captures : declared.captures.map((one) => ({ ...one, required: false })),
  }
}
