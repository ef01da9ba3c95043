import { createRoute, z } from '@hono/zod-openapi'
import { actorOf } from '../audit/audit-actor.ts'
import { findConnection } from '../connections/connection.ts'
import { findConnector } from '../connectors/find-connector.ts'
import { forTenant } from '../database/in-tenant.ts'
import type { Grant } from '../grants/grant.ts'
import { requireUsableGrant } from '../grants/usable-grant.ts'
import { type Api, failures, json } from '../http/api.ts'
import { uuidParameter } from '../http/parameters.ts'
import { requires } from '../http/requires.ts'
import type { Services } from '../services.ts'
import { saysExpired } from './expiry-signal.ts'
import { presentRefresh, refreshResultSchema, refreshWhatever } from './refresh-credentials.ts'

/** A token that was issued a moment ago and is refused is not refused for its age. */
const TOO_YOUNG_MS = 10_000

const route = createRoute({
  method: 'post',
  path: '/v1/connections/{id}/credentials:report',
  tags: ['Connections'],
  summary: 'Report that a token was refused',
  description:
    'Tell what the provider’s API answered to an access token. When that means an expired token (a 401, or what the ' +
    'provider is declared to send instead), the token is refreshed; read the credentials again then.',
  security: requires('credentials:read'),
  request: {
    params: uuidParameter,
    body: {
      required: true,
      ...json(
        z
          .object({
            version: z.int().min(1).openapi({ description: 'Of the credentials that were refused.' }),
            status: z.int().min(100).max(599).openapi({ description: 'HTTP status of the API’s answer.' }),
            error_code: z
              .string()
              .max(200)
              .optional()
              .openapi({ description: 'Its error code, for providers that send another status: Marketo’s 602.' }),
          })
          .strict(),
        'What the API answered.',
      ),
    },
  },
  responses: {
    200: json(refreshResultSchema, 'What became of the token.'),
    ...failures(400, 401, 403, 404, 409, 422, 502, 503),
  },
})

export function reportCredentials(api: Api, shared: Services) {
  api.openapi(route, async (c) => {
    const services = forTenant(shared, c.get('caller').tenant_id)
    const caller = c.get('caller')
    const { id } = c.req.valid('param')
    const { version, status, error_code } = c.req.valid('json')
    const grant = await requireUsableGrant(services, caller.tenant_id, id)
    await services.audit.append(caller.tenant_id, {
      action: 'credentials.report',
      actor: actorOf(caller),
      subject: { type: 'connection', id },
      detail: { version, status },
    })
    const due = version === grant.version && !isYoung(grant, services.now())
    if (!due || !(await meansExpired(services, grant, { status, error_code }))) {
      return c.json(presentRefresh(grant, false), 200)
    }
    return c.json(await refreshWhatever(services, grant, 'report'), 200)
  })
}

function isYoung({ issued_at }: Grant, now: Date): boolean {
  return now.getTime() - issued_at.getTime() < TOO_YOUNG_MS
}

async function meansExpired(
  services: Services,
  grant: Grant,
  answer: { status: number; error_code: string | undefined },
): Promise<boolean> {
  const row = await findConnection(services, grant.tenant_id, grant.connection_id)
  const { oauth } = await findConnector(services.connectors, row.connector_id)
  return saysExpired(oauth?.plan.behaviour.api?.expired ?? null, answer)
}
