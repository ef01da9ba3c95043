import { type Api, createApi } from '../http/api.ts'
import { type Listener, listen } from '../http/listen.ts'
import { onNotFound } from '../http/problem.ts'
import type { Services } from '../services.ts'

/**
 * `GET /metrics` for Prometheus: figures of the whole server, nothing of a tenant, so no key is asked for. They tell how
 * busy it is, which is nobody's business on the internet: see `listenForMetrics`.
 */
export function metricsRoute(api: Api, { metrics }: Services) {
  api.get('/metrics', async () => {
    const text = await metrics.registry.metrics()
    return new Response(text, {
      headers: { 'content-type': metrics.registry.contentType, 'cache-control': 'no-store' },
    })
  })
}

/** Serves `/metrics` at a port of its own, which need not be open to anyone but Prometheus. @throws ListenError */
export function listenForMetrics(
  services: Services,
  { hosts, port }: { hosts: string[]; port: number },
): Promise<Listener> {
  const api = createApi()
  api.notFound(onNotFound)
  metricsRoute(api, services)
  return listen(api.fetch, { hosts, port })
}
