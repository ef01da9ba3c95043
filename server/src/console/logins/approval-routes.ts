// The person's side of `sluice login`, by the console's cookie.
import { createRoute, z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { covers } from '../../api-keys/scopes.ts'
import { createAttemptLimit } from '../../connect/attempt-limit.ts'
import { readUserCode } from '../../connect-sessions/user-code.ts'
import { type Api, failures, json } from '../../http/api.ts'
import { uuidParameter } from '../../http/parameters.ts'
import { Problem } from '../../http/problem.ts'
import { requireSameOrigin } from '../../http/same-origin.ts'
import type { Services } from '../../services.ts'
import { signedIn } from '../signed-in.ts'
import { loginRequestSchema, presentLoginRequest } from './login-record.ts'
import { approveLoginRequest, denyLoginRequest, findLoginRequest } from './login-request.ts'

const tags = ['Console']

/** Wrong codes within ten minutes: of one client, and of all together (RFC 8628 §5.1). */
const WRONG_CODES = 30
const ALL_WRONG_CODES = 1000

const readRoute = createRoute({
  method: 'get',
  path: '/console/login_requests/{id}',
  tags,
  summary: 'What a machine asks for',
  request: { params: uuidParameter },
  responses: { 200: json(loginRequestSchema, 'The request.'), ...failures(401, 403, 404, 422) },
})

const findRoute = createRoute({
  method: 'post',
  path: '/console/login_requests:find',
  tags,
  summary: 'Find a request by the code that a machine shows',
  request: {
    body: { required: true, ...json(z.object({ user_code: z.string().max(40) }).strict(), 'As the person typed it.') },
  },
  responses: { 200: json(loginRequestSchema, 'The request.'), ...failures(401, 403, 404, 422, 429) },
})

const decideRoute = createRoute({
  method: 'post',
  path: '/console/login_requests/{id}/decision',
  tags,
  summary: 'Approve or refuse a key for a machine',
  description: 'The key gets the scopes that the request shows, and ends with the access rules that let the person in.',
  request: {
    params: uuidParameter,
    body: {
      required: true,
      ...json(z.object({ decision: z.enum(['approve', 'deny']) }).strict(), 'The person’s decision.'),
    },
  },
  responses: {
    200: json(
      z.object({ redirect_to: z.url().nullable() }).openapi('LoginDecision'),
      'Send the browser there, or tell the person to go back to the machine.',
    ),
    ...failures(401, 403, 404, 422),
  },
})

export function approvalRoutes(api: Api, services: Services) {
  const wrongCodes = createAttemptLimit(services, {
    name: 'login code',
    of_client: WRONG_CODES,
    of_all: ALL_WRONG_CODES,
  })

  api.openapi(readRoute, async (c) => {
    const { caller } = await approver(c, services)
    return c.json(presentLoginRequest(await findLoginRequest(services, c.req.valid('param')), caller.scopes), 200)
  })

  api.openapi(findRoute, async (c) => {
    requireSameOrigin(c, services.base_url)
    const { caller } = await approver(c, services)
    const client = services.rate_limits.clientOf(c)
    await wrongCodes.count(client)
    const user_code = readUserCode(c.req.valid('json').user_code) ?? ''
    const request = await findLoginRequest(services, { user_code })
    await wrongCodes.forgive(client)
    return c.json(presentLoginRequest(request, caller.scopes), 200)
  })

  api.openapi(decideRoute, async (c) => {
    requireSameOrigin(c, services.base_url)
    const { caller, rules_digest } = await approver(c, services)
    const request = await findLoginRequest(services, c.req.valid('param'))
    if (c.req.valid('json').decision === 'deny') {
      return c.json({ redirect_to: await denyLoginRequest(services, request) }, 200)
    }
    const scopes = presentLoginRequest(request, caller.scopes).scopes.map(({ scope }) => scope)
    if (scopes.length === 0) {
      throw new Problem(403, 'scope_missing', 'Nothing that the machine asks for is yours to give.')
    }
    const redirect_to = await approveLoginRequest(services, request, {
      tenant_id: caller.tenant_id,
      approved_by: caller.user ?? 'unknown',
      approved_with_key: caller.api_key_id,
      scopes,
      rules_digest,
    })
    return c.json({ redirect_to }, 200)
  })
}

/** Who signed in with a key that may make no keys must not get one that outlives it. */
async function approver(c: Context, services: Services) {
  const session = await signedIn(c, services)
  const { api_key_id, scopes } = session.caller
  if (api_key_id === null || covers(scopes, 'api_keys:write')) return session
  throw new Problem(403, 'scope_missing', 'You signed in with an API key that may not make keys. Sign in otherwise.', {
    required_scope: 'api_keys:write',
  })
}
