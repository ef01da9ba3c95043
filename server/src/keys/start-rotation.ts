import { createRoute } from '@hono/zod-openapi'
import { actorOf } from '../audit/audit-actor.ts'
import { type Api, failures, json } from '../http/api.ts'
import { requires } from '../http/requires.ts'
import type { Services } from '../services.ts'
import { uuidv7 } from '../uuid.ts'
import { keyRotationSchema, presentRotation } from './key-records.ts'

const route = createRoute({
  method: 'post',
  path: '/v1/keys:rotate',
  tags: ['Keys'],
  summary: 'Rotate the encryption keys',
  description:
    'Wraps every data key anew, makes a new data key for each tenant and seals everything with it, while the server ' +
    'serves. It goes on after a restart. Where one is running already, that one is told. `GET /v1/keys` tells how far ' +
    'it is.',
  security: requires('admin'),
  responses: { 202: json(keyRotationSchema, 'The rotation that is running.'), ...failures(401, 403, 503) },
})

export function startRotation(api: Api, services: Services) {
  api.openapi(route, async (c) => {
    const caller = c.get('caller')
    const id = uuidv7()
    const actor = actorOf(caller)
    await services.audit.append(caller.tenant_id, {
      action: 'keys.rotate',
      actor,
      subject: { type: 'key_rotation', id },
    })
    await services.db
      .insertInto('key_rotations')
      .values({ id, requested_by: { tenant_id: caller.tenant_id, actor } })
      .onConflict((conflict) => conflict.column('status').where('status', '=', 'running').doNothing())
      .execute()
    await services.queue.send('keys.rotate', {}, { key: 'asked' })
    const rotation = await services.db
      .selectFrom('key_rotations')
      .selectAll()
      .orderBy('id', 'desc')
      .limit(1)
      .executeTakeFirstOrThrow()
    return c.json(presentRotation(rotation), 202)
  })
}
