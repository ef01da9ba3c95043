import { z } from 'zod'
import type { RefreshPolicy } from '../provider-behaviour.ts'

const seconds = z.int().min(0)

export const refreshTokens = z
  .strictObject({
    rotation: z.enum(['never', 'sometimes', 'always']).default('sometimes'),
    reuse: z
      .enum(['accepted', 'refused', 'revokes_grant'])
      .default('refused')
      .describe('What a spent refresh token does when it comes again.'),
    grace_seconds: seconds.default(0).describe('For which a spent refresh token still works.'),
    idle_lifetime: seconds.optional().describe('Seconds after which an unused refresh token dies.'),
    absolute_lifetime: seconds.optional().describe('Seconds after which the grant dies, refreshed or not.'),
    margin_seconds: seconds
      .optional()
      .describe('How long before expiry to refresh, where a share of the lifetime will not do.'),
  })
  .describe('How refresh tokens live and die.')

export function refreshPolicyOf(declared: z.output<typeof refreshTokens>): RefreshPolicy {
  return {
    rotation: declared.rotation,
    reuse: declared.reuse,
    grace_seconds: declared.grace_seconds,
    idle_lifetime: declared.idle_lifetime ?? null,
    absolute_lifetime: declared.absolute_lifetime ?? null,
    margin_seconds: declared.margin_seconds ?? null,
  }
}
