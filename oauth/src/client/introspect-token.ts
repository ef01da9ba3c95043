import { buildStandardIntrospectionRequest, type Introspection, readIntrospectionResponse } from '../introspection.ts'
import { buildIntrospectionRequest } from '../introspection-request.ts'
import { readJsonPointer } from '../json-pointer.ts'
import type { Secret } from '../secret.ts'
import { readExpiry } from '../token-lifetime.ts'
import type { TokenRequest } from '../token-request.ts'
import { buildAuthenticated } from './authenticated-request.ts'
import type { ConnectionContext } from './client-options.ts'
import { issuerOf, notOffered, openContext, type Setup, senderOf, serverOf, standardClient } from './setup.ts'
import { signalOf } from './start-authorization.ts'

export interface IntrospectInput extends ConnectionContext {
  access_token: Secret
}

/**
 * Asks the provider about an access token (RFC 7662), as the spec declares or where metadata names the endpoint.
 *
 * @throws OAuthError `not_offered` when neither does; else as `readIntrospectionResponse`.
 */
export async function introspectToken(setup: Setup, input: IntrospectInput): Promise<Introspection> {
  const { introspection } = setup.plan.behaviour
  const send = senderOf(setup, null)
  if (introspection !== null) {
    const request = () =>
      buildAuthenticated(setup, {
        templates: introspection.request,
        server: null,
        issuer: issuerOf(setup, input),
        render: (proof) =>
          buildIntrospectionRequest(setup.plan, {
            ...openContext(setup, input),
            ...proof,
            access_token: input.access_token,
          }),
      }) as Promise<TokenRequest> // it is declared
    const known = readIntrospectionResponse(await send(request, signalOf(input)))
    if (!known.active) return known
    const expires_at = readJsonPointer(known.response.reveal(), introspection.expires_at)
    return { ...known, expires_at: readExpiry({ expires_at }, setup.now()) }
  }
  const server = await serverOf(setup, input)
  if (!server?.introspection_endpoint) throw notOffered('introspection', 'introspection_endpoint')
  const question = { token: input.access_token, token_type_hint: 'access_token' as const }
  const client = standardClient(setup, server)
  return readIntrospectionResponse(
    await send(
      () => buildStandardIntrospectionRequest(server, client, question, { now: setup.now() }),
      signalOf(input),
    ),
  )
}
