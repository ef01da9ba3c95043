import { createRoute, z } from '@hono/zod-openapi'
import { issuedApiKeySchema, presentApiKey } from '../api-keys/api-key-record.ts'
import { insertApiKey } from '../api-keys/create-api-key.ts'
import { actorOf } from '../audit/audit-actor.ts'
import { type Api, failures, json } from '../http/api.ts'
import { requires } from '../http/requires.ts'
import { text } from '../http/text.ts'
import type { Services } from '../services.ts'
import { uuidv7 } from '../uuid.ts'
import { presentTenant, tenantSchema } from './tenant-record.ts'

const route = createRoute({
  method: 'post',
  path: '/v1/tenants',
  tags: ['Tenants'],
  summary: 'Create a tenant',
  description: 'With its first API key, shown this once, which may do everything within the tenant.',
  security: requires('admin'),
  request: {
    body: {
      required: true,
      ...json(z.object({ name: text(1, 200).openapi({ example: 'Acme' }) }).strict(), 'The tenant.'),
    },
  },
  responses: {
    201: json(tenantSchema.extend({ api_key: issuedApiKeySchema }).openapi('CreatedTenant'), 'The tenant.'),
    ...failures(401, 403, 422, 503),
  },
})

export function createTenant(api: Api, services: Services) {
  api.openapi(route, async (c) => {
    const caller = c.get('caller')
    const { name } = c.req.valid('json')
    const { tenant, issued } = await services.db.transaction().execute(async (tx) => {
      const tenant = await tx
        .insertInto('tenants')
        .values({ id: uuidv7(), name })
        .returningAll()
        .executeTakeFirstOrThrow()
      return { tenant, issued: await insertApiKey(tx, { tenant_id: tenant.id, name: 'first key' }) }
    })
    await services.audit.append(caller.tenant_id, {
      action: 'tenant.create',
      actor: actorOf(caller),
      subject: { type: 'tenant', id: tenant.id },
      detail: { name },
    })
    return c.json({ ...presentTenant(tenant), api_key: { ...presentApiKey(issued.row), key: issued.text } }, 201)
  })
}
