import { z } from 'zod'
import { requestDeclaration } from './request-declaration.ts'

/** Longer ones are refused by most providers. */
const LONGEST_SECONDS = 3600

/** The assertion of the JWT bearer grant (RFC 7523 §3), where it differs from what the RFC makes of the client. */
export const assertionDeclaration = z
  .strictObject({
    claims: requestDeclaration.shape.parameters.describe(
      'Further claims. iss and sub are the client unless said here, aud the issuer or token endpoint; null leaves one of these, or jti, out.',
    ),
    lifetime_seconds: z.int().min(10).max(LONGEST_SECONDS).default(120),
    backdated_seconds: z.int().min(0).max(300).default(0).describe('How far iat lies back, for clocks that differ.'),
  })
  .describe('What the client signs; {{assertion}} is where it stands in the request.')

export type AssertionDeclaration = z.output<typeof assertionDeclaration>
