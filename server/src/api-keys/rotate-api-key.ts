import { createRoute, z } from '@hono/zod-openapi'
import type { Transaction } from 'kysely'
import { actorOf } from '../audit/audit-actor.ts'
import { forTenant } from '../database/in-tenant.ts'
import type { Database } from '../database/schema.ts'
import { type Api, failures, json } from '../http/api.ts'
import { Problem } from '../http/problem.ts'
import { requires } from '../http/requires.ts'
import type { Services } from '../services.ts'
import { type ApiKeyRow, apiKeyParameter, issuedApiKeySchema, presentApiKey } from './api-key-record.ts'
import { insertApiKey } from './create-api-key.ts'
import { findApiKey } from './find-api-key.ts'
import { requireScope } from './scopes.ts'

const HOUR_MS = 60 * 60 * 1000

const route = createRoute({
  method: 'post',
  path: '/v1/api_keys/{id}/rotate',
  tags: ['API keys'],
  summary: 'Rotate an API key',
  description:
    'Answers with a new key of the same name and scopes, shown this once. The old one works until the overlap is over, ' +
    'so that callers can be changed one by one.',
  security: requires('api_keys:write'),
  request: {
    params: apiKeyParameter,
    body: {
      required: true,
      ...json(
        z
          .object({
            overlap_hours: z
              .number()
              .min(0)
              .max(24 * 30)
              .default(24)
              .openapi({ description: 'How long the old key goes on; 0 ends it at once.' }),
            expires_at: z.iso.datetime().optional().openapi({ description: 'Of the new key; by default none.' }),
          })
          .strict(),
        'How long both work.',
      ),
    },
  },
  responses: { 201: json(issuedApiKeySchema, 'The new key.'), ...failures(401, 403, 404, 409, 422, 503) },
})

export function rotateApiKey(api: Api, shared: Services) {
  api.openapi(route, async (c) => {
    const caller = c.get('caller')
    const { tenant_id } = caller
    const services = forTenant(shared, tenant_id)
    const { overlap_hours, expires_at } = c.req.valid('json')
    const old = await findApiKey(services.db, tenant_id, c.req.valid('param').id)
    for (const scope of old.scopes) requireScope(caller.scopes, scope, `Rotating a key with ${scope}`)

    const ends = new Date(services.now().getTime() + overlap_hours * HOUR_MS)
    const { row, text: key } = await services.db.transaction().execute(async (tx) => {
      const issued = await insertApiKey(tx, {
        tenant_id,
        name: old.name,
        scopes: old.scopes,
        expires_at: expires_at === undefined ? null : new Date(expires_at),
        rules_digest: old.rules_digest,
      })
      await retire(tx, tenant_id, old, { rotated_to: issued.row.id, ends, now: services.now() })
      return issued
    })
    services.api_keys.forget(old.id)
    await services.audit.append(tenant_id, {
      action: 'api_key.rotate',
      actor: actorOf(caller),
      subject: { type: 'api_key', id: old.id },
      detail: { rotated_to: row.id, overlap_hours },
    })
    return c.json({ ...presentApiKey(row), key }, 201)
  })
}

/** Only a living key that was not rotated yet, and never to a later end than it had. */
async function retire(
  tx: Transaction<Database>,
  tenantId: string,
  old: ApiKeyRow,
  { rotated_to, ends, now }: { rotated_to: string; ends: Date; now: Date },
): Promise<void> {
  const retired = await tx
    .updateTable('api_keys')
    .set({ rotated_to, expires_at: old.expires_at !== null && old.expires_at < ends ? old.expires_at : ends })
    .where('tenant_id', '=', tenantId)
    .where('id', '=', old.id)
    .where('rotated_to', 'is', null)
    .where('revoked_at', 'is', null)
    .where((key) => key.or([key('expires_at', 'is', null), key('expires_at', '>', now)]))
    .executeTakeFirst()
  if (retired.numUpdatedRows === 1n) return
  throw new Problem(409, 'api_key_not_active', 'This key was rotated, revoked or has expired. Create a new one.')
}
