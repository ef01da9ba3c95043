import { createRoute, z } from '@hono/zod-openapi'
import { requireScope } from '../api-keys/scopes.ts'
import { actorOf } from '../audit/audit-actor.ts'
import type { AuditActor } from '../audit/audit-record.ts'
import { jsonObjectSchema } from '../connectors/connector-record.ts'
import { forTenant } from '../database/in-tenant.ts'
import { type Grant, readGrant } from '../grants/grant.ts'
import { holdGrant } from '../grants/hold-grant.ts'
import { grantedScopes } from '../grants/scopes.ts'
import { type Api, failures, json } from '../http/api.ts'
import { uuidParameter } from '../http/parameters.ts'
import { Problem } from '../http/problem.ts'
import { requires } from '../http/requires.ts'
import type { Services } from '../services.ts'
import { findConnection, openConfig } from './connection.ts'
import { recordHistory } from './connection-history.ts'
import { selectConnections } from './connection-record.ts'

const exportSchema = z
  .object({
    connection_id: z.uuid(),
    connector_id: z.string(),
    integration_id: z.uuid().nullable(),
    config: jsonObjectSchema.openapi({ description: 'With its secrets.' }),
    grant: z
      .object({
        access_token: z.string(),
        refresh_token: z.string().nullable(),
        expires_at: z.iso.datetime().nullable(),
        scopes: z.array(z.string()),
        further: jsonObjectSchema,
      })
      .nullable()
      .openapi({ description: 'As `POST /v1/connections` takes it elsewhere. Null where the config holds it all.' }),
    exported_at: z.iso.datetime(),
  })
  .openapi('ConnectionExport')

const route = createRoute({
  method: 'post',
  path: '/v1/connections/{id}/export',
  tags: ['Connections'],
  summary: 'Hand a connection over',
  description:
    'For leaving: waits for a refresh under way, stops further ones, and gives config and tokens out, once. The ' +
    'connection rests here as `disabled`, because two that refresh one grant end it. `PATCH` it with ' +
    '`{"disabled": false}` to take it back. Recorded in the audit log before anything is revealed.',
  security: requires('credentials:read'),
  request: {
    params: uuidParameter,
    body: {
      required: false,
      ...json(
        z
          .object({
            disable: z.boolean().default(true).openapi({
              description:
                'False: it goes on being refreshed here. Then only read what was exported, never refresh it.',
            }),
          })
          .strict(),
        'How to leave it.',
      ),
    },
  },
  responses: { 200: json(exportSchema, 'Everything, in the clear.'), ...failures(401, 403, 404, 409, 422, 503) },
})

export function exportConnectionRoute(api: Api, shared: Services) {
  api.openapi(route, async (c) => {
    const services = forTenant(shared, c.get('caller').tenant_id)
    const caller = c.get('caller')
    requireScope(caller.scopes, 'connections:write', 'Handing a connection over')
    const exported = await exportConnection(services, {
      tenant_id: caller.tenant_id,
      id: c.req.valid('param').id,
      disable: c.req.valid('json')?.disable ?? true,
      actor: actorOf(caller),
    })
    c.header('cache-control', 'no-store')
    return c.json(exported, 200)
  })
}

interface Leaving {
  tenant_id: string
  id: string
  disable: boolean
  actor: AuditActor
}

/** @throws Problem 404; 409 `already_exported` or `grant_busy`; 503 when it cannot be recorded, and then nothing is revealed */
async function exportConnection(services: Services, { tenant_id, id, disable, actor }: Leaving) {
  const row = await findConnection(services, tenant_id, id)
  return holdGrant(services, row, async () => {
    const exportedAt = services.now()
    const held = await selectConnections(services, tenant_id).where('connections.id', '=', id).executeTakeFirstOrThrow()
    const grant = row.integration_id === null ? null : await readGrant(services, row)
    const config = await openConfig(services, held)
    const subject = { type: 'connection', id }
    await services.audit.append(tenant_id, { action: 'connection.export', actor, subject, detail: { disable } })
    await services.db.transaction().execute(async (tx) => {
      const taken = await tx
        .updateTable('connections')
        .set({
          exported_at: exportedAt,
          version: held.version + 1,
          updated_at: exportedAt,
          ...(disable && { disabled_at: exportedAt }),
        })
        .where('tenant_id', '=', tenant_id)
        .where('id', '=', id)
        .where('version', '=', held.version)
        .where((eb) => eb.or([eb('exported_at', 'is', null), eb('disabled_at', 'is', null)]))
        .executeTakeFirst()
      if (taken.numUpdatedRows !== 1n) throw alreadyExported()
      await recordHistory(tx, row, { kind: 'exported', actor, detail: { disable }, at: exportedAt })
    })
    return {
      connection_id: id,
      connector_id: held.connector_id,
      integration_id: held.integration_id,
      config,
      grant: grant && { ...presentGrant(grant), scopes: grantedScopes(held) },
      exported_at: exportedAt.toISOString(),
    }
  })
}

const alreadyExported = () =>
  new Problem(
    409,
    'already_exported',
    'This connection was handed over already. PATCH it with {"disabled": false} to take it back first.',
  )

function presentGrant({ access_token, refresh_token, access_token_expires_at, captured, credentials }: Grant) {
  const { access_token: _access, refresh_token: _refresh, ...further } = credentials.reveal()
  return {
    access_token: access_token.reveal(),
    refresh_token: refresh_token?.reveal() ?? null,
    expires_at: access_token_expires_at?.toISOString() ?? null,
    further: { ...captured, ...further },
  }
}
