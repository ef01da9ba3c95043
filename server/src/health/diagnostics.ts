// What an operator must know of the whole server before something breaks; read by `sluice doctor`.
import { createRoute } from '@hono/zod-openapi'
import { type Api, failures, json } from '../http/api.ts'
import { requires } from '../http/requires.ts'
import type { Services } from '../services.ts'
import { databaseHealth } from './database-health.ts'
import { type Diagnostics, diagnosticsSchema } from './diagnostics-record.ts'
import { keysHealth } from './keys-health.ts'
import { queueHealth } from './queue-health.ts'

const PROXY_VARIABLES = ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'http_proxy', 'https_proxy', 'all_proxy']

const route = createRoute({
  method: 'get',
  path: '/v1/diagnostics',
  tags: ['Health'],
  summary: 'How the whole server is',
  description: 'Database, clocks, keys, queue and the confinement of connectors. Nothing secret, nothing of a tenant.',
  security: requires('admin'),
  responses: { 200: json(diagnosticsSchema, 'What the server knows of itself.'), ...failures(401, 403) },
})

export function diagnostics(api: Api, services: Services) {
  api.openapi(route, async (c) => c.json(await diagnose(services), 200))
}

async function diagnose(services: Services): Promise<Diagnostics> {
  const [database, keys, queue, confinement] = await Promise.all([
    databaseHealth(services),
    keysHealth(services),
    queueHealth(services),
    services.runtime.describeConfinement(),
  ])
  return {
    base_url: services.base_url,
    allow_loopback: services.allow_loopback,
    now: services.now().toISOString(),
    proxy_variables: PROXY_VARIABLES.filter((name) => process.env[name]),
    database,
    keys,
    queue,
    confinement: { runtime: services.runtime.name, ...confinement },
  }
}
