// Token introspection (RFC 7662).

import type { AuthorizationServer } from './discovery/authorization-server.ts'
import { malformedReply, readEndpointReply } from './endpoint-error.ts'
import { buildEndpointRequest, type RequestTime, type StandardClient } from './grants/endpoint-request.ts'
import type { JsonObject, JsonValue } from './json.ts'
import type { TokenInQuestion } from './revocation.ts'
import { type Secret, secret } from './secret.ts'
import type { TokenRequest } from './token-request.ts'
import type { TokenEndpointResponse } from './token-response.ts'

export type Introspection =
  /** Unknown, expired, revoked, or not for this client to ask about; servers do not say which (§2.2). */
  | { active: false }
  | {
      active: true
      scope: string | null
      client_id: string | null
      subject: string | null
      audience: string[]
      token_type: string | null
      expires_at: Date | null
      /** The whole reply. */
      response: Secret<JsonObject>
    }

const REQUEST = 'the introspection request'

/** Builds an introspection request (§2.1). */
export function buildStandardIntrospectionRequest(
  server: AuthorizationServer,
  client: StandardClient,
  { token, token_type_hint }: TokenInQuestion,
  time: RequestTime = {},
): Promise<TokenRequest> {
  return buildEndpointRequest(
    server,
    'introspection_endpoint',
    client,
    { token: token.reveal(), token_type_hint },
    time,
  )
}

/** Reads an introspection response (§2.2). @throws OAuthError `malformed_response` without a boolean `active`. */
export function readIntrospectionResponse(response: TokenEndpointResponse): Introspection {
  const reply = readEndpointReply(response, REQUEST, [200])
  if (reply.active === false) return { active: false }
  if (reply.active !== true) throw malformedReply(REQUEST, 'active')
  return {
    active: true,
    scope: textOf(reply.scope),
    client_id: textOf(reply.client_id),
    subject: textOf(reply.sub),
    audience: [reply.aud ?? []].flat().filter((item): item is string => typeof item === 'string'),
    token_type: textOf(reply.token_type),
    expires_at: readInstant(reply.exp),
    response: secret(reply),
  }
}

function readInstant(value: JsonValue | undefined): Date | null {
  const date = new Date(typeof value === 'number' && value > 0 ? value * 1000 : Number.NaN)
  return Number.isNaN(date.getTime()) ? null : date
}

function textOf(value: JsonValue | undefined): string | null {
  return typeof value === 'string' ? value : null
}
