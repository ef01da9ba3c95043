import { createRoute, z } from '@hono/zod-openapi'
import { actorOf } from '../audit/audit-actor.ts'
import { forTenant } from '../database/in-tenant.ts'
import { type Api, failures, json } from '../http/api.ts'
import { Problem } from '../http/problem.ts'
import { requires } from '../http/requires.ts'
import { text } from '../http/text.ts'
import type { Services } from '../services.ts'
import { issuedApiKeySchema, presentApiKey } from './api-key-record.ts'
import { insertApiKey } from './create-api-key.ts'
import { requireScope, scopeSchema } from './scopes.ts'

const route = createRoute({
  method: 'post',
  path: '/v1/api_keys',
  tags: ['API keys'],
  summary: 'Create an API key',
  description: 'The answer shows the key, this once. A caller gives no scope that it does not have itself.',
  security: requires('api_keys:write'),
  request: {
    body: {
      required: true,
      ...json(
        z
          .object({
            name: text(1, 200).openapi({ example: 'nightly export' }),
            scopes: z
              .array(scopeSchema)
              .min(1)
              .max(50)
              .openapi({ example: ['connections:read', 'credentials:read'] }),
            expires_at: z.iso.datetime().optional().openapi({ description: 'By default it does not expire.' }),
          })
          .strict(),
        'What the key is for and what it may do.',
      ),
    },
  },
  responses: { 201: json(issuedApiKeySchema, 'The key.'), ...failures(401, 403, 422, 503) },
})

export function issueApiKey(api: Api, shared: Services) {
  api.openapi(route, async (c) => {
    const caller = c.get('caller')
    const services = forTenant(shared, caller.tenant_id)
    const { name, expires_at, ...asked } = c.req.valid('json')
    const scopes = [...new Set(asked.scopes)]
    for (const scope of scopes) requireScope(caller.scopes, scope, `Giving a key ${scope}`)
    const expiresAt = expires_at === undefined ? null : new Date(expires_at)
    if (expiresAt !== null && expiresAt <= services.now()) throw expiryInThePast()

    const { row, text: key } = await insertApiKey(services.db, {
      tenant_id: caller.tenant_id,
      name,
      scopes,
      expires_at: expiresAt,
    })
    await services.audit.append(caller.tenant_id, {
      action: 'api_key.create',
      actor: actorOf(caller),
      subject: { type: 'api_key', id: row.id },
      detail: { name, scopes },
    })
    return c.json({ ...presentApiKey(row), key }, 201)
  })
}

function expiryInThePast(): Problem {
  return new Problem(422, 'invalid_request', 'expires_at lies in the past.', {
    errors: [{ pointer: '/expires_at', rule: 'future', message: 'must lie in the future' }],
  })
}
