import { createRoute } from '@hono/zod-openapi'
import { forTenant } from '../database/in-tenant.ts'
import { type Api, failures } from '../http/api.ts'
import { uuidParameter } from '../http/parameters.ts'
import { Problem } from '../http/problem.ts'
import { requires } from '../http/requires.ts'
import type { Services } from '../services.ts'
import { connectSessionStatus } from './connect-session-record.ts'
import { findConnectSessionOf } from './find-connect-session.ts'

const route = createRoute({
  method: 'delete',
  path: '/v1/connect_sessions/{id}',
  tags: ['Connect sessions'],
  summary: 'Cancel a connect session',
  description:
    'Its link, code and any authorization under way end at once. Cancelling one that was cancelled or has expired ' +
    'changes nothing; one that was completed is history, and its connection is what can be deleted.',
  security: requires('connect_sessions:write'),
  request: { params: uuidParameter },
  responses: { 204: { description: 'It is cancelled, or was over already.' }, ...failures(401, 403, 404, 409, 422) },
})

export function cancelConnectSession(api: Api, shared: Services) {
  api.openapi(route, async (c) => {
    const services = forTenant(shared, c.get('caller').tenant_id)
    const { id } = c.req.valid('param')
    const { tenant_id } = c.get('caller')
    if (await cancel(services, tenant_id, id)) return c.body(null, 204)
    const session = await findConnectSessionOf(services, tenant_id, id)
    if (connectSessionStatus(session, services.now()) !== 'completed') return c.body(null, 204)
    throw new Problem(409, 'connect_session_completed', 'The session is completed. Delete its connection instead.')
  })
}

async function cancel({ db, now, session_watch }: Services, tenantId: string, id: string): Promise<boolean> {
  const cancelled = await db.transaction().execute(async (tx) => {
    const { numUpdatedRows } = await tx
      .updateTable('connect_sessions')
      .set((eb) => ({
        cancelled_at: now(),
        config_sealed: null,
        user_code_hash: null,
        version: eb('version', '+', 1),
      }))
      .where('tenant_id', '=', tenantId)
      .where('id', '=', id)
      .where('completed_at', 'is', null)
      .where('cancelled_at', 'is', null)
      .where('expires_at', '>', now())
      .executeTakeFirst()
    if (numUpdatedRows === 0n) return false
    await tx
      .deleteFrom('pending_authorizations')
      .where('tenant_id', '=', tenantId)
      .where('connect_session_id', '=', id)
      .execute()
    return true
  })
  if (cancelled) session_watch.wake(id)
  return cancelled
}
