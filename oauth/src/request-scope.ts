import { OAuthError } from './errors.ts'
import type { JsonObject } from './json.ts'
import type { OAuthPlan } from './plan.ts'
import type { GrantType } from './provider-behaviour.ts'
import type { Secret } from './secret.ts'
import type { Scope } from './template/template.ts'

/** What any request to the provider may be made from. */
export interface RequestContext {
  client_id: string
  /** The endpoint config, for templates such as `{{{config.subdomain}}}`. */
  config: JsonObject
  /** What earlier responses gave besides tokens, such as a tenant's host. */
  captured?: JsonObject
  /** The scopes to ask for, by the plan's lists of them; the provider's default ones unless given. */
  scopes?: Record<string, string[]>
  /** For `now_plus`; the current time unless given. */
  now?: Date
}

export interface AuthenticatedRequestContext extends RequestContext {
  client_secret: Secret
  /** A fresh assertion (RFC 7523 §2.2), for plans whose client authenticates by one. */
  client_assertion?: Secret
}

/** The variables that every request's templates can read; nothing secret. */
export function openScope(plan: OAuthPlan, { client_id, config, captured, scopes }: RequestContext): Scope {
  const { config_defaults, scopes: lists } = plan.behaviour
  return {
    ...Object.fromEntries(lists.map((list) => [list.name, (scopes?.[list.name] ?? list.default).join(list.separator)])),
    client_id,
    config: Object.keys(config_defaults).length === 0 ? config : { ...config_defaults, ...config },
    ...(captured !== undefined && { captured }),
  }
}

/** With what proves the client; never for an address that a browser sees. */
export function authenticatedScope(plan: OAuthPlan, context: AuthenticatedRequestContext): Scope {
  const { client_secret, client_assertion } = context
  return {
    ...openScope(plan, context),
    client_secret: client_secret.reveal(),
    ...(client_assertion !== undefined && { client_assertion: client_assertion.reveal() }),
  }
}

/** @throws OAuthError `invalid_spec` when the provider does not have the grant. */
export function requireGrant(plan: OAuthPlan, grant: GrantType): void {
  if (plan.behaviour.grants.has(grant)) return
  throw new OAuthError('invalid_spec', `The provider ${plan.provider} has no ${grant} grant. Use another one.`, {
    verdict: 'integration_broken',
    field: grant,
  })
}
