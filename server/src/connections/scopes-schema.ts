import { z } from '@hono/zod-openapi'
import { text } from '../http/text.ts'

/** A list of scopes as callers give it. */
export const scopesSchema = z
  .array(text(1, 500).regex(/^[\x21\x23-\x5b\x5d-\x7e]+$/, 'must be a scope-token (RFC 6749 §3.3)'))
  .max(200)
