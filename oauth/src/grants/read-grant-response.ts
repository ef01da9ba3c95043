import {
  RFC_RESPONSE,
  readTokenResponse,
  type TokenEndpointResponse,
  type TokenPhase,
  type TokenSet,
} from '../token-response.ts'

/** Reads the token response of a standard grant: `readTokenResponse` without a spec's response map. */
export function readGrantResponse(
  response: TokenEndpointResponse,
  context: { now: Date; phase: TokenPhase },
): TokenSet {
  return readTokenResponse(RFC_RESPONSE, response, context)
}
