// What a customer's server relays to us when the provider returns to the customer's own domain: a JWS (RFC 7515) that
// holds the authorization response, says whose it is, and is worth a minute.
import { jwtVerify } from 'jose'
import { z } from 'zod'
import type { Relay } from '../database/schema.ts'
import { relayUrl } from '../integrations/integration-record.ts'
import { relayAlgorithms } from '../integrations/relay-key.ts'
import type { Services } from '../services.ts'

export const RELAY_TYPE = 'sluice-relay+jwt'

const MAXIMUM_AGE_SECONDS = 60
const CLOCK_TOLERANCE_SECONDS = 30

export interface RelayedResponse {
  /** The query that the provider sent the browser back with. */
  parameters: URLSearchParams
  /** The end user who brought it, as signed in at the customer's; null: not said. */
  person: string | null
  redirect_uri: string
}

const claimsSchema = z.object({
  iat: z.number(),
  sub: z.string().max(500).optional(),
  response: z.string().max(8192),
})

/** Null when it is not signed by the integration's key, not meant for it, too old, or from the future. */
export async function openRelayedResponse(
  { db, base_url, now }: Services,
  integrationId: string,
  signed: string,
): Promise<RelayedResponse | null> {
  const integration = await db
    .selectFrom('integrations')
    .select('relay')
    .where('id', '=', integrationId)
    .executeTakeFirst()
  if (!integration?.relay) return null
  const claims = await verifiedClaims(integration.relay, signed, {
    typ: RELAY_TYPE,
    audience: relayUrl(base_url, integrationId),
    currentDate: now(),
    maxTokenAge: MAXIMUM_AGE_SECONDS,
    clockTolerance: CLOCK_TOLERANCE_SECONDS,
  })
  if (claims === null) return null
  const { redirect_uri } = integration.relay
  return { parameters: new URLSearchParams(claims.response), person: claims.sub ?? null, redirect_uri }
}

async function verifiedClaims({ public_key }: Relay, signed: string, options: Parameters<typeof jwtVerify>[2]) {
  try {
    const { payload } = await jwtVerify(signed, public_key, { ...options, algorithms: relayAlgorithms(public_key) })
    return claimsSchema.parse(payload)
  } catch {
    return null
  }
}
