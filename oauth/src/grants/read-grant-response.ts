import { compileFlowPlan } from '../compile-flow-plan.ts'
import { readTokenResponse, type TokenEndpointResponse, type TokenPhase, type TokenSet } from '../token-response.ts'

/** A spec that has nothing of its own to say about replies, so that they are read as RFC 6749 §5.1 has them. */
const RFC_PLAN = compileFlowPlan({
  provider: 'standard',
  authUrlTemplate: 'https://as.example/authorize?state={{{state}}}',
  accessTokenUrlTemplate: 'https://as.example/token',
})

/** Reads the token response of a standard grant: `readTokenResponse` without a spec's response map. */
export function readGrantResponse(
  response: TokenEndpointResponse,
  context: { now: Date; phase: TokenPhase },
): TokenSet {
  return readTokenResponse(RFC_PLAN, response, context)
}
