import { randomBytes, randomUUID } from 'node:crypto'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type Provider from 'oidc-provider'
import { answerConsent, sendPage } from './answer-consent.ts'
import { createAuthorizationServer } from './authorization-server.ts'
import { answerApi, RESOURCE_METADATA_PATH, sendResourceMetadata } from './demo-api/demo-api.ts'
import { answerFault, FAULTS, type Fault } from './faults.ts'
import { indexPage } from './index-page.ts'
import type { Lab, LabClient, LabOptions } from './lab.ts'
import { listen } from './listen.ts'
import { openProviderState } from './provider-state.ts'

/**
 * Starts an authorization server and a demo API that takes its tokens, on one origin.
 *
 * @throws LabError `port_taken`, `invalid_state_file`.
 */
export async function startLab(options: LabOptions = {}): Promise<Lab> {
  const clients = new Map(options.clients?.map((client) => [client.client_id, client]))
  const faults: Fault[] = []
  const working = new Set<Promise<void>>()
  let tokenRequests = 0
  let answer: RequestListener = (_req, res) => res.writeHead(503).end()

  const { port = 0, host, port_fallback = false } = options
  const { tls } = options
  const listener = await listen({ port, host, port_fallback, tls }, (req, res) => answer(req, res))
  const origin = `${tls ? 'https' : 'http'}://localhost:${listener.port}`

  try {
    const state = openProviderState(options.state_file)
    const server = createAuthorizationServer({
      origin,
      state,
      clients,
      access_token_seconds: options.access_token_seconds ?? 3600,
      rotation: options.rotation ?? 'never',
      reuse: options.reuse ?? 'revokes_grant',
      grace_seconds: options.grace_seconds ?? 0,
      standards: new Set(options.standards),
      by_certificate: tls !== undefined,
    })
    answer = createRouter(origin, server, (req, res, serve) => {
      tokenRequests += 1
      const atWork = async () => {
        const work = serve().finally(() => working.delete(work))
        working.add(work)
      }
      const fault = faults.shift()
      if (fault === undefined) atWork()
      else answerFault(fault, req, res, atWork)
    })

    return {
      origin,
      get token_requests() {
        return tokenRequests
      },
      addClient(client = {}) {
        const added = completeClient(client)
        clients.set(added.client_id, added)
        return added
      },
      fault(fault, times = 1) {
        faults.push(...Array<Fault>(times).fill(typeof fault === 'string' ? FAULTS[fault] : fault))
      },
      async idle() {
        await Promise.allSettled(working)
      },
      async close() {
        await listener.close()
        state.close()
      },
    }
  } catch (error) {
    await listener.close()
    throw error
  }
}

type TokenEndpoint = (req: IncomingMessage, res: ServerResponse, serve: () => Promise<void>) => void

function createRouter(origin: string, server: Provider, tokenEndpoint: TokenEndpoint): RequestListener {
  const authorizationServer = server.callback()
  return (req, res) => {
    const serve = () => authorizationServer(req, res)
    const url = URL.parse(req.url ?? '/', origin)
    if (url === null) return void res.writeHead(400).end()
    const { pathname } = url
    if (pathname === '/') return sendPage(res, 200, indexPage(origin))
    if (pathname === '/favicon.ico') return void res.writeHead(204).end()
    if (pathname === '/token') return tokenEndpoint(req, res, serve)
    if (pathname === RESOURCE_METADATA_PATH) return sendResourceMetadata(server, res)
    if (pathname.startsWith('/api/')) return settle(answerApi(server, url, req, res), res)
    if (pathname.startsWith('/interaction/')) return settle(answerConsent(server, req, res), res)
    if (pathname === '/auth' || pathname.startsWith('/auth/')) askAlways(req, url)
    void serve()
  }
}

/**
 * The lab keeps nobody signed in: each authorization asks who it is and whether they agree. So the session cookie is
 * not heard, and `prompt=consent`, without which OpenID Connect ignores `offline_access` (Core §11), is implied.
 */
function askAlways(req: IncomingMessage, url: URL): void {
  if (req.headers.cookie !== undefined) {
    const cookies = req.headers.cookie.split('; ')
    req.headers.cookie = cookies.filter((cookie) => !cookie.startsWith('lab_session')).join('; ')
  }
  if (url.pathname === '/auth' && !url.searchParams.has('prompt')) {
    const separator = url.search === '' ? '?' : '&'
    req.url = `${url.pathname}${url.search}${separator}prompt=consent`
  }
}

function settle(answered: Promise<void>, res: ServerResponse): void {
  answered.catch((error: Error) => {
    process.stderr.write(`lab: ${error.stack}\n`)
    res.destroy()
  })
}

function completeClient(client: Partial<LabClient>): LabClient {
  return {
    client_id: `lab-client-${randomUUID()}`,
    client_secret: randomBytes(32).toString('base64url'),
    redirect_uris: ['http://localhost/callback'],
    ...client,
  }
}
