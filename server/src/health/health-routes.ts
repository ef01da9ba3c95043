import { createRoute, z } from '@hono/zod-openapi'
import { sql } from 'kysely'
import { type Api, json } from '../http/api.ts'
import type { Services } from '../services.ts'

const statusSchema = z.object({ status: z.enum(['ok', 'unavailable']) }).openapi('Health')

const liveRoute = createRoute({
  method: 'get',
  path: '/health/live',
  tags: ['Health'],
  summary: 'Is the process alive',
  responses: { 200: json(statusSchema, 'It answers.') },
})

const readyRoute = createRoute({
  method: 'get',
  path: '/health/ready',
  tags: ['Health'],
  summary: 'Can it serve',
  description: 'Ready when the database answers.',
  responses: { 200: json(statusSchema, 'It can.'), 503: json(statusSchema, 'It cannot now.') },
})

export function healthRoutes(api: Api, { db, log }: Services) {
  api.openapi(liveRoute, (c) => c.json({ status: 'ok' as const }, 200))

  api.openapi(readyRoute, async (c) => {
    try {
      await sql`select 1`.execute(db)
      return c.json({ status: 'ok' as const }, 200)
    } catch {
      log.warn('not ready: the database does not answer')
      return c.json({ status: 'unavailable' as const }, 503)
    }
  })
}
