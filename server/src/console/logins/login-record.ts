import { z } from '@hono/zod-openapi'
import { issuedApiKeySchema } from '../../api-keys/api-key-record.ts'
import { covers, scopes as everyScope, type Scope, scopeMeanings, scopeSchema } from '../../api-keys/scopes.ts'
import type { LoginRequest } from './login-request.ts'

export const issuedLoginSchema = issuedApiKeySchema
  .extend({ tenant: z.object({ id: z.uuid(), name: z.string() }) })
  .openapi('IssuedLogin')

export const loginRequestSchema = z
  .object({
    id: z.uuid(),
    machine: z.string().openapi({ description: 'What it calls itself.' }),
    asked_from: z.string().openapi({ description: 'The address that the request came from.' }),
    by_code: z.boolean().openapi({ description: 'Whether the person types a code that another device shows.' }),
    scopes: z
      .array(z.object({ scope: scopeSchema, meaning: z.string() }))
      .openapi({ description: 'What the key would be allowed to do.' }),
    withheld_scopes: z.array(scopeSchema).openapi({ description: 'Asked for, but not this person’s to give.' }),
    expires_in_days: z.number().int(),
    created_at: z.iso.datetime(),
    expires_at: z.iso.datetime().openapi({ description: 'Until when it can be approved.' }),
  })
  .openapi('LoginRequest')

/** What the person is asked, as far as it is theirs to give. */
export function presentLoginRequest(
  { id, machine, asked_from, asked_scopes, redirect_uri, expires_in_days, created_at, expires_at }: LoginRequest,
  held: readonly Scope[],
): z.infer<typeof loginRequestSchema> {
  const asked = asked_scopes ?? held
  return {
    id,
    machine,
    asked_from,
    by_code: redirect_uri === null,
    scopes: everyScope
      .filter((scope) => asked.includes(scope) && covers(held, scope))
      .map((scope) => ({ scope, meaning: scopeMeanings[scope] })),
    withheld_scopes: asked.filter((scope) => !covers(held, scope)),
    expires_in_days,
    created_at: created_at.toISOString(),
    expires_at: expires_at.toISOString(),
  }
}
