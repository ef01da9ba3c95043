import { buildAuthorizationRequest } from '../authorization-request.ts'
import type { AuthorizationServer } from '../discovery/authorization-server.ts'
import { createDpopKey, type DpopKey } from '../dpop/dpop-key.ts'
import { OAuthError } from '../errors.ts'
import { encodeForm } from '../grants/endpoint-request.ts'
import type { JsonObject } from '../json.ts'
import { createPkce, createState } from '../pkce.ts'
import { type OAuthPlan, templatesOf } from '../plan.ts'
import { prepareAuthorization } from '../pushed-authorization.ts'
import { randomOctets } from '../random.ts'
import type { Secret } from '../secret.ts'
import type { ConnectionContext } from './client-options.ts'
import { type KeptAuthorization, keep, NOTHING_KEPT } from './kept-authorization.ts'
import { issuerOf, openContext, planWith, type Setup, senderOf, serverOf, standardClient } from './setup.ts'

export interface StartInput extends ConnectionContext {
  redirect_uri: string
  /** In place of a fresh one. */
  state?: string
}

export interface StartedAuthorization {
  /** Where to send the browser. */
  url: string
  /** Comes back with the authorization response. */
  state: string
  /** When the provider forgets a pushed request (RFC 9126 §2.2); null: it does not. */
  expires_at: Date | null
  /** Encrypt it, and give it back to `completeAuthorization`. */
  kept: Secret<JsonObject>
}

/**
 * Builds the authorization request (RFC 6749 §4.1.1) with everything that spec or metadata offer: PKCE, a nonce for the ID
 * token, resource indicators, the DPoP key's thumbprint; and pushes it where the server takes pushed requests (RFC 9126).
 *
 * @throws OAuthError when metadata or the pushed request cannot be had; the parameters never travel by the browser
 *   instead (S53).
 */
export async function startAuthorization(setup: Setup, input: StartInput): Promise<StartedAuthorization> {
  const { redirect_uri } = input
  const server = await serverOf(setup, input)
  const plan = planWith(setup.plan, server)
  const state = input.state ?? createState(plan.state?.length)
  const usesPkce = plan.uses_pkce || (server?.code_challenge_methods_supported ?? []).includes('S256')
  const pkce = usesPkce ? createPkce() : null
  const { code_challenge, code_challenge_method } = pkce ?? {}
  const { url } = buildAuthorizationRequest(plan, {
    ...openContext(setup, input),
    redirect_uri,
    state,
    ...(plan.uses_pkce && code_challenge && { code_challenge, code_challenge_method: 'S256' }),
  })

  const asked = new URL(url).searchParams
  const scopes = scopesIn(asked.get('scope'), plan)
  const issuer = issuerOf(setup, input)
  const nonce = issuer !== null && scopes?.includes('openid') ? randomOctets(16).toString('base64url') : null
  const key = await dpopKeyFor(setup, server)
  const further = Object.entries({
    ...(code_challenge && { code_challenge, code_challenge_method }),
    ...(nonce && { nonce }),
    ...(key && { dpop_jkt: key.thumbprint }),
    resource: setup.resource ?? plan.server?.resource ?? [],
  }).filter(([name, value]) => !asked.has(name) && value !== undefined && value.length > 0)
  const whole = further.length === 0 ? url : `${url}&${encodeForm(Object.fromEntries(further))}`

  const send = senderOf(setup, key)
  const prepared =
    server === null
      ? { url: whole, expires_at: null }
      : await prepareAuthorization(
          (build) => send(build, signalOf(input)),
          // The reference goes where the parameters would have gone: to the spec's own authorization endpoint.
          { ...server, authorization_endpoint: withoutQuery(url) },
          standardClient(setup, server),
          { url: whole },
          { now: setup.now() },
        )
  const kept: KeptAuthorization = {
    ...NOTHING_KEPT,
    redirect_uri,
    state,
    scopes,
    code_verifier: pkce?.code_verifier.reveal() ?? null,
    verifier_in_template: templatesOf(plan.token_request).some(({ names }) => names.has('code_verifier')),
    nonce: asked.get('nonce') ?? nonce,
    issuer,
    iss_promised: issuer !== null && server?.authorization_response_iss_parameter_supported === true,
    dpop: key && { private_key: key.private_key.reveal(), thumbprint: key.thumbprint },
  }
  return { ...prepared, state, kept: keep(kept) }
}

export function signalOf({ signal }: ConnectionContext): { signal?: AbortSignal } {
  return signal === undefined ? {} : { signal }
}

function withoutQuery(url: string): string {
  const { origin, pathname } = new URL(url)
  return `${origin}${pathname}`
}

function scopesIn(scope: string | null, { behaviour }: OAuthPlan): string[] | null {
  if (scope === null) return null
  const separator = behaviour.scopes.find(({ name }) => name === 'scope')?.separator ?? ' '
  return scope.split(separator).filter((name) => name !== '')
}

/** A fresh key for each grant, where tokens are to be bound to one (RFC 9449). */
export async function dpopKeyFor(
  { dpop, plan }: Setup,
  server: Pick<AuthorizationServer, 'dpop_signing_alg_values_supported'> | null,
): Promise<DpopKey | null> {
  const use = dpop ?? plan.server?.dpop ?? 'when_offered'
  const algorithms = server?.dpop_signing_alg_values_supported ?? null
  if (use === 'required') return createDpopKey(algorithms)
  if (use === 'never' || algorithms === null || algorithms.length === 0) return null
  return createDpopKey(algorithms).catch((error: unknown) => {
    if (error instanceof OAuthError && error.code === 'not_offered') return null
    throw error
  })
}
