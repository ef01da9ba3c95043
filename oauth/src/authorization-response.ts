import { createHash, timingSafeEqual } from 'node:crypto'
import type { AuthorizationServer } from './discovery/authorization-server.ts'
import { OAuthError, type Verdict } from './errors.ts'
import type { JsonObject } from './json.ts'
import type { OAuthPlan } from './plan.ts'
import { providerText } from './provider-text.ts'
import { readCaptures } from './read-captures.ts'
import { type Secret, secret } from './secret.ts'

export interface AuthorizationResponse {
  code: Secret
  /** What else the provider sent, such as `realmId`; for `buildTokenRequest`. */
  parameters: Record<string, string>
  /** Names of parameters that a code flow must not carry (`access_token`, `id_token`) and that were dropped unread. */
  ignored: string[]
  /** What the plan keeps of the response for later requests; absent when it keeps nothing. */
  captured?: JsonObject
}

export interface ExpectedAuthorization {
  state: string
  /** The `iss` that the response must carry. */
  issuer?: string
  /** The server that was asked, by its metadata, which says whether `iss` must be there. */
  server?: Pick<AuthorizationServer, 'issuer' | 'authorization_response_iss_parameter_supported'>
}

/** Characters of all names and values together. */
const MAX_SIZE = 8192

const IMPLICIT = new Set(['access_token', 'id_token', 'refresh_token', 'token_type', 'expires_in'])
const PROTOCOL = new Set(['code', 'state', 'iss', 'error', 'error_description', 'error_uri'])

/**
 * Reads an authorization response (RFC 6749 §4.1.2) from the redirection's query. In this order: size and repetition,
 * `state`, `iss` when an issuer is expected or the server sends it (RFC 9207 §2.4, also on errors), `error`, `code`.
 *
 * @throws OAuthError `malformed_response`, `state_mismatch`, `issuer_mismatch`, `access_denied` or
 *   `authorization_failed`; the last two with the provider's words in `provider_error`.
 */
export function readAuthorizationResponse(
  plan: OAuthPlan,
  parameters: URLSearchParams,
  expected: ExpectedAuthorization,
): AuthorizationResponse {
  requireWellFormed(parameters)
  const stateName = plan.state?.name ?? 'state'
  const state = parameters.get(stateName) ?? parameters.get('state')
  if (state === null || expected.state === '' || !sameText(state, expected.state)) {
    throw new OAuthError('state_mismatch', 'This sign-in was not started here or is over. Start it again.', {
      field: 'state',
    })
  }
  requireIssuer(parameters.get('iss'), expected)
  if (parameters.has('error')) throw authorizationError(parameters)

  const { code: codeName, captures } = plan.behaviour.authorization_response
  const code = parameters.get(codeName) ?? parameters.get('code') ?? ''
  if (!/^[\x20-\x7e]+$/.test(code)) {
    throw new OAuthError('malformed_response', 'The provider sent no authorization code. Start again.', {
      field: codeName,
    })
  }
  const renamed = [stateName, codeName]
  const others = [...parameters].filter(([name]) => !PROTOCOL.has(name) && !renamed.includes(name))
  return {
    code: secret(code),
    parameters: Object.fromEntries(others.filter(([name]) => !IMPLICIT.has(name))),
    ignored: others.map(([name]) => name).filter((name) => IMPLICIT.has(name)),
    ...(captures.length > 0 && { captured: readCaptures(captures, Object.fromEntries(parameters), plan.url_policy) }),
  }
}

/** RFC 9207 §2.4: what the server advertises must be there; what is there must be right. */
function requireIssuer(iss: string | null, { issuer, server }: ExpectedAuthorization): void {
  const isPromised = server?.authorization_response_iss_parameter_supported === true
  const isRight = issuer === undefined || iss === issuer
  const fitsServer = server === undefined || (iss === null ? !isPromised : iss === server.issuer)
  if (isRight && fitsServer) return
  const message = 'The response comes from another authorization server than was asked. Start again.'
  throw new OAuthError('issuer_mismatch', message, { field: 'iss' })
}

/** RFC 6749 §3.1: parameters must not be repeated. */
function requireWellFormed(parameters: URLSearchParams): void {
  if (parameters.toString().length > MAX_SIZE) {
    throw new OAuthError('malformed_response', `The authorization response is longer than ${MAX_SIZE} characters.`)
  }
  const names = [...parameters.keys()]
  if (new Set(names).size !== names.length) {
    throw new OAuthError('malformed_response', 'The authorization response repeats a parameter.')
  }
}

/** Compares as digests of equal length, in constant time. */
function sameText(left: string, right: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(left), digest(right))
}

/** RFC 6749 §4.1.2.1, OpenID Connect Core §3.1.2.6. */
function authorizationError(parameters: URLSearchParams): OAuthError {
  const error = providerText(parameters.get('error'))
  const details = {
    verdict: verdictOf(error),
    field: 'error',
    provider_error: { status: 0, error, error_description: providerText(parameters.get('error_description')) },
  }
  return error === 'access_denied'
    ? new OAuthError('access_denied', 'Access was not granted at the provider. Start again to grant it.', details)
    : new OAuthError(
        'authorization_failed',
        `The provider refused the authorization request (${error ?? 'no reason given'}).`,
        details,
      )
}

function verdictOf(error: string | null): Verdict | null {
  switch (error) {
    case 'server_error':
    case 'temporarily_unavailable':
      return 'transient'
    case 'invalid_request':
    case 'invalid_client':
    case 'invalid_scope':
    case 'unauthorized_client':
    case 'unsupported_response_type':
      return 'integration_broken'
    default:
      return null
  }
}
