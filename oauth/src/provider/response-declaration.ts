import { z } from 'zod'
import { parseJsonPointer } from '../json-pointer.ts'

const name = z.string().regex(/^[a-z][a-z0-9_]*$/, 'must be lower_case letters, digits and underscores')
const text = z.string().min(1).max(4096)

export const jsonPointer = z.string().refine(isJsonPointer, 'must be a JSON pointer such as /data/token')

function isJsonPointer(value: string): boolean {
  try {
    return parseJsonPointer(value).length > 0
  } catch {
    return false
  }
}

const capture = <T extends z.ZodType<string>>(from: T) =>
  z
    .strictObject({
      from,
      format: z
        .enum(['text', 'origin', 'host'])
        .default('text')
        .describe('origin and host read an https address, whose host must be one of hosts.'),
      required: z.boolean().default(false),
    })
    .describe('Kept beside the tokens; templates read it as {{captured.name}}.')

/** Of an authorization response, by parameter. */
export const callbackCapture = capture(text.describe('The parameter of the authorization response.'))
const replyCapture = capture(jsonPointer)

export type CaptureDeclaration = z.output<typeof callbackCapture>

const pointers = {
  access_token: jsonPointer.optional(),
  refresh_token: jsonPointer.optional(),
  expires_in: jsonPointer.optional(),
  expires_at: jsonPointer.optional().describe('Seconds or milliseconds since 1970, or an ISO date.'),
  scope: jsonPointer.optional(),
}

/** A token response, where it differs from RFC 6749 §5. */
export const tokenResponseDeclaration = z.strictObject({
  ...pointers,
  refresh_token_expires_in: jsonPointer.optional(),
  token_type: jsonPointer.optional(),
  expires_in_unit: z.enum(['milliseconds', 'seconds', 'minutes', 'hours']).optional(),
  default_lifetime: z.int().min(1).optional().describe('Seconds, when the reply states no lifetime.'),
  scope_separator: z.enum([' ', ',', ';', '|']).optional(),
  success: z
    .strictObject({ pointer: jsonPointer, equals: z.union([z.string(), z.number(), z.boolean()]) })
    .optional()
    .describe('Holds in every reply that is no failure, whatever its HTTP status.'),
  error: z.strictObject({ code: jsonPointer, description: jsonPointer.optional() }).optional(),
  verdicts: z
    .record(text, z.enum(['transient', 'reauthorize', 'integration_broken']))
    .optional()
    .describe("What the provider's own error codes mean."),
  capture: z.record(name, replyCapture).optional(),
  tokens: z
    .record(name, z.strictObject({ ...pointers, access_token: jsonPointer }))
    .optional()
    .describe('Further tokens of the same grant, by name.'),
})

export type TokenResponseDeclaration = z.output<typeof tokenResponseDeclaration>
