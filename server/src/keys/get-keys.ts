import { createRoute } from '@hono/zod-openapi'
import { type Api, failures, json } from '../http/api.ts'
import { requires } from '../http/requires.ts'
import type { Services } from '../services.ts'
import { keysSchema, presentKeys } from './key-records.ts'

const route = createRoute({
  method: 'get',
  path: '/v1/keys',
  tags: ['Keys'],
  summary: 'How the encryption keys stand',
  description: 'Which keys seal and wrap, which are on their way out, and how far a rotation is. No key leaves.',
  security: requires('admin'),
  responses: { 200: json(keysSchema, 'The keys.'), ...failures(401, 403) },
})

export function getKeys(api: Api, services: Services) {
  api.openapi(route, async (c) => c.json(await presentKeys(services, c.get('caller').tenant_id), 200))
}
