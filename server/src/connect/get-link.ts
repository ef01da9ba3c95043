import { createRoute, z } from '@hono/zod-openapi'
import { maskConfig, personSchema } from '@sluice/connector-specs'
import type { JsonObject, OAuthPlan } from '@sluice/oauth'
import { connectSessionStatuses } from '../connect-sessions/connect-session-record.ts'
import { jsonObjectSchema } from '../connectors/connector-record.ts'
import { forTenant } from '../database/in-tenant.ts'
import type { Brand } from '../database/schema.ts'
import { type Api, failures, json } from '../http/api.ts'
import { brandSchema } from '../integrations/integration-record.ts'
import { openedObject } from '../sealing/opened-object.ts'
import type { Services } from '../services.ts'
import { type ConnectSession, findLink, linkStatus } from './connect-link.ts'
import { connectorForPerson } from './connector-for-person.ts'
import type { LinkWithIntegration } from './link-integration.ts'
import { scopeQuestion, sessionNeeds } from './session-scopes.ts'

export const linkParameter = z.object({
  token: z
    .string()
    .max(200)
    .openapi({ param: { name: 'token', in: 'path' } }),
})

const scopeSchema = z.object({
  scope: z.string(),
  meaning: z.string().nullable().openapi({ description: 'What it allows, where the provider’s declaration says so.' }),
})

const linkSchema = z
  .object({
    status: z.enum([...connectSessionStatuses, 'used']).openapi({
      description: '`used`: completed, but not in this browser.',
    }),
    connector: z.object({ id: z.string(), title: z.string(), documentation_url: z.string().nullable() }),
    provider: z.object({ id: z.string(), title: z.string() }).nullable(),
    config_schema: jsonObjectSchema.openapi({ description: 'The config schema without the OAuth credentials.' }),
    config: jsonObjectSchema.openapi({ description: 'Prefilled values; secrets are masked and may be sent back so.' }),
    error: z.object({ code: z.string(), message: z.string() }).nullable(),
    connection: z
      .object({
        id: z.uuid(),
        status: z.string(),
        access_token_expires_at: z.iso.datetime().nullable(),
        created_at: z.iso.datetime(),
      })
      .nullable(),
    preview: z.boolean(),
    return_to: z.string().nullable(),
    repair: z.boolean(),
    allowed_origins: z.array(z.string()).openapi({ description: 'Pages that a popup may tell of its end.' }),
    brand: brandSchema.nullable(),
    connecting_for: z
      .string()
      .nullable()
      .openapi({ description: 'For whom the connection is made; null: nobody was named.' }),
    scopes: z.object({ required: z.array(scopeSchema), optional: z.array(scopeSchema) }).openapi({
      description: 'What is asked for: always, and unless the person leaves it out. Empty once the link is over.',
    }),
    expires_at: z.iso.datetime(),
  })
  .openapi('ConnectLink')

const route = createRoute({
  method: 'get',
  path: '/connect/{token}/session',
  tags: ['Connect page'],
  summary: 'What a connect link is for, and how it stands',
  description: 'Read by the connect page. The token in the path is the only proof asked for.',
  request: { params: linkParameter },
  responses: { 200: json(linkSchema, 'The link.'), ...failures(404, 502) },
})

export function getLink(api: Api, shared: Services) {
  api.openapi(route, async (c) => {
    const { session, integration } = await findLink(shared, c.req.valid('param').token)
    const services = forTenant(shared, session.tenant_id)
    const status = linkStatus(c, services, session)
    const { id, title, spec, oauth } = await connectorForPerson(services.connectors, session.connector_id)
    const open = status === 'open'
    const isTheirs = open || status === 'completed'
    const config = open ? await prefilledConfig(services, session) : {}
    const link: z.infer<typeof linkSchema> = {
      status,
      connector: { id, title, documentation_url: spec.documentation_url },
      provider: oauth && { id: oauth.provider, title: oauth.provider_title },
      config_schema: personSchema(spec.config_schema, oauth),
      config: maskConfig(spec.config_schema, config),
      error: open ? session.error : null,
      connection: status === 'completed' ? await madeConnection(services, session) : null,
      preview: session.preview,
      repair: session.repair,
      allowed_origins: session.allowed_origins,
      brand: await brandOf(services, session),
      connecting_for: isTheirs ? connectingFor(session) : null,
      scopes: open && oauth ? await offeredScopes(services, oauth.plan, { session, integration }) : NO_SCOPES,
      return_to: status === 'completed' ? session.return_to : null,
      expires_at: session.expires_at.toISOString(),
    }
    return c.json(link, 200)
  })
}

const NO_SCOPES: OfferedScopes = { required: [], optional: [] }

export interface OfferedScopes {
  required: z.infer<typeof scopeSchema>[]
  optional: z.infer<typeof scopeSchema>[]
}

/** What the authorization request will ask for, in words where the provider's declaration has them. */
export async function offeredScopes(
  services: Services,
  plan: OAuthPlan,
  { session, integration }: LinkWithIntegration,
): Promise<OfferedScopes> {
  const needs = sessionNeeds(session, integration)
  const { asked, optional } = await scopeQuestion(services, plan, session, needs)
  const inWords = (scope: string) => ({ scope, meaning: plan.behaviour.scope_meanings.get(scope) ?? null })
  const required = (asked ?? []).filter((scope) => !optional.includes(scope))
  return { required: required.map(inWords), optional: optional.map(inWords) }
}

/** As the session's creator calls them; their own id where they gave no more. */
export function connectingFor({ end_user }: Pick<ConnectSession, 'end_user'>): string | null {
  if (end_user === null) return null
  const { id, name, email } = end_user
  return name !== undefined && email !== undefined ? `${name} (${email})` : (name ?? email ?? id)
}

export async function brandOf({ db }: Services, session: ConnectSession): Promise<Brand | null> {
  const integration = await db
    .selectFrom('integrations')
    .select('brand')
    .where('tenant_id', '=', session.tenant_id)
    .where('id', '=', session.integration_id)
    .executeTakeFirst()
  return integration?.brand ?? null
}

export async function prefilledConfig({ keys }: Services, session: ConnectSession): Promise<JsonObject> {
  if (session.config_sealed === null) return {}
  const place = { tenant_id: session.tenant_id, table: 'connect_sessions', column: 'config', row: session.id }
  return openedObject.parse(await keys.open(place, session.config_sealed))
}

async function madeConnection({ db }: Services, session: ConnectSession) {
  if (session.connection_id === null) return null
  const row = await db
    .selectFrom('connections')
    .innerJoin('grants', 'grants.connection_id', 'connections.id')
    .select(['connections.id', 'connections.status', 'connections.created_at', 'grants.access_token_expires_at'])
    .where('connections.tenant_id', '=', session.tenant_id)
    .where('connections.id', '=', session.connection_id)
    .executeTakeFirst()
  if (row === undefined) return null
  return {
    id: row.id,
    status: row.status,
    access_token_expires_at: row.access_token_expires_at?.toISOString() ?? null,
    created_at: row.created_at.toISOString(),
  }
}
