import type Provider from 'oidc-provider'
import { type Account, findAccount } from '../accounts.ts'
import type { Scope } from '../scopes.ts'
import { ApiProblem } from './api-problem.ts'

export interface Caller {
  account: Account
  client_id: string
  scopes: ReadonlySet<string>
}

const CHALLENGE = 'Bearer realm="lab"'

/**
 * Who calls, by the bearer token of the request (RFC 6750 §2.1), as the authorization server itself knows it.
 *
 * @throws ApiProblem 401 `missing_token` or `invalid_token` (§3.1: unknown, expired or revoked).
 */
export async function readCaller(server: Provider, authorization: string | undefined): Promise<Caller> {
  const token = /^Bearer ([\w\-.~+/]+=*)$/i.exec(authorization ?? '')?.[1]
  if (token === undefined) {
    throw new ApiProblem(401, 'missing_token', 'Send an access token in the Authorization header.', CHALLENGE)
  }
  const accessToken = await server.AccessToken.find(token)
  const grant = accessToken?.grantId === undefined ? undefined : await server.Grant.find(accessToken.grantId)
  const account = findAccount(grant?.accountId)
  const client = grant?.clientId === undefined ? undefined : await server.Client.find(grant.clientId)
  // RFC 9449 §7.2: a token that is bound to a key is no bearer token.
  const isBound = accessToken?.jkt !== undefined
  if (accessToken === undefined || isBound || account === undefined || client === undefined) {
    const detail = 'The access token is unknown, expired or revoked; refresh it.'
    throw new ApiProblem(
      401,
      'invalid_token',
      detail,
      `${CHALLENGE}, error="invalid_token", error_description="${detail}"`,
    )
  }
  return { account, client_id: client.clientId, scopes: accessToken.scopes }
}

/** @throws ApiProblem 403 `insufficient_scope` (RFC 6750 §3.1). */
export function requireScope(caller: Caller, scope: Scope): void {
  if (caller.scopes.has(scope)) return
  throw new ApiProblem(
    403,
    'insufficient_scope',
    `This needs the scope ${scope}; authorize again and ask for it.`,
    `${CHALLENGE}, error="insufficient_scope", scope="${scope}"`,
  )
}
