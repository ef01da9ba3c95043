import { OAuthError } from './errors.ts'
import type { JsonObject } from './json.ts'
import type { OAuthPlan } from './plan.ts'
import type { Secret } from './secret.ts'
import type { TokenPhase, TokenSet } from './token-response.ts'
export function mapCredentials(
  _plan: OAuthPlan,
  _tokens: TokenSet,
  _context: { now: Date; phase: TokenPhase },
): Secret<JsonObject> {
  throw new OAuthError('invalid_spec', 'mapCredentials is being built.')
}
