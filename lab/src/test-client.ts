// The client half of the authorization code grant with PKCE, by oauth4webapi, for this folder's tests.
import * as oauth from 'oauth4webapi'
import { type ConsentChoice, consent, type Lab, type LabClient } from './index.ts'

const HTTP = { [oauth.allowInsecureRequests]: true }

interface Attempt {
  server: oauth.AuthorizationServer
  url: URL
  state: string
  code_verifier: string
}

export const SCOPE = 'customers:read orders:read offline_access'

export async function discover(lab: Lab): Promise<oauth.AuthorizationServer> {
  const issuer = new URL(lab.origin)
  return oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, HTTP))
}

export async function startAuthorization(lab: Lab, client: LabClient, scope = SCOPE): Promise<Attempt> {
  const server = await discover(lab)
  const code_verifier = oauth.generateRandomCodeVerifier()
  const state = oauth.generateRandomState()
  const url = new URL(server.authorization_endpoint ?? '')
  url.search = new URLSearchParams({
    client_id: client.client_id,
    redirect_uri: client.redirect_uris[0] ?? '',
    response_type: 'code',
    scope,
    state,
    code_challenge: await oauth.calculatePKCECodeChallenge(code_verifier),
    code_challenge_method: 'S256',
  }).toString()
  return { server, url, state, code_verifier }
}

export async function requestTokens(
  attempt: Attempt,
  client: LabClient,
  redirect: URL,
  authenticate = oauth.ClientSecretPost,
): Promise<oauth.TokenEndpointResponse> {
  const { server, state, code_verifier } = attempt
  const parameters = oauth.validateAuthResponse(server, { client_id: client.client_id }, redirect, state)
  const response = await oauth.authorizationCodeGrantRequest(
    server,
    { client_id: client.client_id },
    authenticate(client.client_secret),
    parameters,
    client.redirect_uris[0] ?? '',
    code_verifier,
    HTTP,
  )
  return oauth.processAuthorizationCodeResponse(server, { client_id: client.client_id }, response)
}

export async function authorize(
  lab: Lab,
  client: LabClient,
  options: { scope?: string; account?: ConsentChoice['account'] } = {},
): Promise<oauth.TokenEndpointResponse> {
  const attempt = await startAuthorization(lab, client, options.scope)
  const choice = { decision: 'allow' as const, ...(options.account && { account: options.account }) }
  return requestTokens(attempt, client, await consent(attempt.url, choice))
}

export async function refresh(lab: Lab, client: LabClient, refresh_token: string | undefined) {
  const server = await discover(lab)
  const authenticate = oauth.ClientSecretBasic(client.client_secret)
  const response = await oauth.refreshTokenGrantRequest(
    server,
    { client_id: client.client_id },
    authenticate,
    refresh_token ?? '',
    HTTP,
  )
  return oauth.processRefreshTokenResponse(server, { client_id: client.client_id }, response)
}

export async function revoke(lab: Lab, client: LabClient, token: string): Promise<void> {
  const server = await discover(lab)
  const authenticate = oauth.ClientSecretBasic(client.client_secret)
  await oauth.processRevocationResponse(
    await oauth.revocationRequest(server, { client_id: client.client_id }, authenticate, token, HTTP),
  )
}

/** Answer of the demo API; `body` is what its route returns, or a problem. */
export async function getApi<T = ApiBody>(lab: Lab, path: string, token?: string) {
  const response = await fetch(new URL(path, lab.origin), {
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
  })
  const body = (await response.json()) as T // the test states what it expects, and asserts on it
  return { status: response.status, headers: response.headers, body }
}

interface ApiBody {
  account: { id: string }
  code: string
  detail: string
}
