// What `sluice login` asks of the server: a machine asks, polls and redeems without a key.
import { createRoute, z } from '@hono/zod-openapi'
import { presentApiKey } from '../../api-keys/api-key-record.ts'
import { insertApiKey } from '../../api-keys/create-api-key.ts'
import { scopeSchema } from '../../api-keys/scopes.ts'
import { createStartLimit } from '../../connect/start-limit.ts'
import { POLL_INTERVAL_SECONDS, showUserCode } from '../../connect-sessions/user-code.ts'
import { inTenant } from '../../database/in-tenant.ts'
import { type Api, failures, json } from '../../http/api.ts'
import { Problem } from '../../http/problem.ts'
import { text } from '../../http/text.ts'
import type { Services } from '../../services.ts'
import { findTenant } from '../../tenants/tenant-record.ts'
import { issuedLoginSchema } from './login-record.ts'
import { type LoginRequest, storeLoginRequest, takeApprovedLogin } from './login-request.ts'

const tags = ['Console']

/** Requests within ten minutes: of one client, and of all together. */
const REQUESTS = 60
const ALL_REQUESTS = 2000
const EVERYBODY = 'everybody'
const DAY_MS = 24 * 60 * 60 * 1000

const askRoute = createRoute({
  method: 'post',
  path: '/console/login_requests',
  tags,
  summary: 'Ask for a key for a machine',
  description:
    'What `sluice login` does. A person who is signed in to the console approves it at `approval_url`. With a loopback ' +
    '`redirect_uri` the browser brings a code there; without one the person types `user_code`, and the machine asks ' +
    'every `interval` seconds.',
  request: {
    body: {
      required: true,
      ...json(
        z
          .object({
            machine: text(1, 100).openapi({ example: 'ada@thinkpad' }),
            scopes: z.array(scopeSchema).min(1).max(50).optional().openapi({
              description: 'By default whatever the person who approves may do.',
            }),
            expires_in_days: z.number().int().min(1).max(365).default(30),
            code_challenge: z
              .string()
              .regex(/^[\w-]{43}$/)
              .openapi({ description: 'SHA-256 of the verifier in base64url (RFC 7636 §4.2).' }),
            redirect_uri: z
              .url()
              .max(200)
              .refine(isLoopback, { message: 'must be http on a loopback address, without query and fragment' })
              .optional(),
            state: text(16, 200).optional().openapi({ description: 'Comes back with the code.' }),
          })
          .strict()
          .refine(({ redirect_uri, state }) => (redirect_uri === undefined) === (state === undefined), {
            path: ['state'],
            message: 'belongs to redirect_uri',
          }),
        'Which machine, and for what.',
      ),
    },
  },
  responses: {
    201: json(
      z
        .object({
          id: z.uuid(),
          approval_url: z.url().openapi({ description: 'Where the person goes.' }),
          user_code: z.string().nullable().openapi({ example: 'WDJB-MJHT' }),
          interval: z.number().int(),
          expires_at: z.iso.datetime(),
        })
        .openapi('LoginRequestStarted'),
      'Send the person there.',
    ),
    ...failures(422, 429),
  },
})

const redeemRoute = createRoute({
  method: 'post',
  path: '/console/login_requests:redeem',
  tags,
  summary: 'Exchange an approved login for its key',
  description:
    'Works once. Before the person has decided the answer is 400 `authorization_pending`, and otherwise ' +
    '`access_denied`, `expired_token` or `invalid_grant`.',
  request: {
    body: {
      required: true,
      ...json(
        z
          .object({
            code_verifier: z.string().regex(/^[\w.~-]{43,128}$/),
            code: z.string().max(100).optional().openapi({ description: 'That the browser brought.' }),
          })
          .strict(),
        'What the machine kept, and what the browser brought.',
      ),
    },
  },
  responses: { 201: json(issuedLoginSchema, 'The key.'), ...failures(400, 422, 429, 503) },
})

const endRoute = createRoute({
  method: 'delete',
  path: '/console/login',
  tags,
  summary: 'Revoke the API key of this request',
  description: 'What `sluice logout` does: any key may end itself, whatever its scopes.',
  security: [{ api_key: [] }],
  responses: { 204: { description: 'It works no more.' }, ...failures(401, 429, 503) },
})

export function loginRoutes(api: Api, services: Services) {
  const ofClient = createStartLimit({ starts: REQUESTS })
  const ofAll = createStartLimit({ starts: ALL_REQUESTS })

  api.openapi(askRoute, async (c) => {
    const asked_from = services.rate_limits.clientOf(c)
    ofClient.count(asked_from, services.now())
    ofAll.count(EVERYBODY, services.now())
    const { redirect_uri, state, scopes, ...asked } = c.req.valid('json')
    const redirect = redirect_uri === undefined || state === undefined ? null : { uri: redirect_uri, state }
    const stored = await storeLoginRequest(services, { ...asked, scopes: scopes ?? null, redirect, asked_from })
    const { id, user_code, expires_at } = stored
    const place = redirect === null ? '/console/device' : `/console/login/${id}`
    return c.json(
      {
        id,
        approval_url: new URL(place, services.base_url).href,
        user_code: user_code === null ? null : showUserCode(user_code),
        interval: POLL_INTERVAL_SECONDS,
        expires_at: expires_at.toISOString(),
      },
      201,
    )
  })

  api.openapi(redeemRoute, async (c) => {
    const { code_verifier, code = null } = c.req.valid('json')
    return c.json(await issueKey(services, await takeApprovedLogin(services, { code_verifier, code })), 201)
  })

  api.openapi(endRoute, async (c) => {
    const [scheme, key] = c.req.header('authorization')?.split(' ') ?? []
    if (scheme?.toLowerCase() !== 'bearer' || !key) {
      throw new Problem(401, 'not_authenticated', 'Send the API key as `Authorization: Bearer …`.')
    }
    const { tenant_id, api_key_id } = await services.api_keys.authenticate(key)
    if (api_key_id !== null) await revoke(services, tenant_id, api_key_id)
    return c.body(null, 204)
  })
}

async function issueKey(services: Services, request: LoginRequest) {
  const { tenant_id, scopes, approved_by, machine, expires_in_days, rules_digest } = request
  if (tenant_id === null || scopes === null) throw new Error('an approved login names its tenant and scopes')
  const db = inTenant(services.db, tenant_id)
  const { row, text: key } = await insertApiKey(db, {
    tenant_id,
    name: `${approved_by} on ${machine}`,
    scopes,
    expires_at: new Date(services.now().getTime() + expires_in_days * DAY_MS),
    rules_digest,
  })
  await services.audit.append(tenant_id, {
    action: 'api_key.create',
    actor:
      request.approved_with_key === null
        ? { type: 'user', id: approved_by ?? 'unknown' }
        : { type: 'api_key', id: request.approved_with_key },
    subject: { type: 'api_key', id: row.id },
    detail: { name: row.name, scopes, login: request.id },
  })
  const { id, name } = await findTenant(db, tenant_id)
  return { ...presentApiKey(row), key, tenant: { id, name } }
}

async function revoke(services: Services, tenantId: string, id: string): Promise<void> {
  await inTenant(services.db, tenantId)
    .updateTable('api_keys')
    .set({ revoked_at: services.now() })
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .where('revoked_at', 'is', null)
    .execute()
  services.api_keys.forget(id)
  await services.audit.append(tenantId, {
    action: 'api_key.revoke',
    actor: { type: 'api_key', id },
    subject: { type: 'api_key', id },
  })
}

/** RFC 8252 §7.3. */
function isLoopback(uri: string): boolean {
  const url = URL.parse(uri)
  const hosts = ['localhost', '127.0.0.1', '[::1]']
  return url !== null && url.href === `http://${url.host}/` && hosts.includes(url.hostname)
}
