import type { Api } from '../http/api.ts'
import type { Services } from '../services.ts'

/** `GET /metrics` for Prometheus: figures of the whole server, nothing of a tenant, so no key is asked for. */
export function metricsRoute(api: Api, { metrics }: Services) {
  api.get('/metrics', async () => {
    const text = await metrics.registry.metrics()
    return new Response(text, {
      headers: { 'content-type': metrics.registry.contentType, 'cache-control': 'no-store' },
    })
  })
}
