import type { IncomingMessage, ServerResponse } from 'node:http'
import type Provider from 'oidc-provider'
import { ApiProblem } from './api-problem.ts'
import { type Caller, readCaller, requireScope } from './bearer-token.ts'
import { demoData } from './demo-data.ts'
import { pageOfRecords } from './page-of-records.ts'

/** RFC 9728 §3.1. */
export const RESOURCE_METADATA_PATH = '/.well-known/oauth-protected-resource/api'

const ROUTES: Record<string, (caller: Caller, query: URLSearchParams) => unknown> = {
  '/api/me': (caller) => ({ account: caller.account, client_id: caller.client_id, scopes: [...caller.scopes] }),
  '/api/customers': (caller, query) => {
    requireScope(caller, 'customers:read')
    return pageOfRecords(demoData(caller.account.id).customers, query)
  },
  '/api/orders': (caller, query) => {
    requireScope(caller, 'orders:read')
    return pageOfRecords(demoData(caller.account.id).orders, query)
  },
}

/** Answers a request of the demo API, which is read-only and takes the access tokens of `server`. */
export async function answerApi(server: Provider, url: URL, req: IncomingMessage, res: ServerResponse): Promise<void> {
  try {
    const route = ROUTES[url.pathname]
    if (route === undefined) throw new ApiProblem(404, 'not_found', `There is nothing at ${url.pathname}.`)
    if (req.method !== 'GET') throw new ApiProblem(405, 'method_not_allowed', 'This API is read-only; use GET.')
    const caller = await readCaller(server, req.headers.authorization)
    sendJson(res, 200, route(caller, url.searchParams), {})
  } catch (problem) {
    if (!(problem instanceof ApiProblem)) throw problem
    const { status, code, message: detail, www_authenticate } = problem
    const body = { type: `urn:lab:${code}`, title: code.replaceAll('_', ' '), status, detail, code }
    sendJson(res, status, body, {
      'content-type': 'application/problem+json',
      ...(www_authenticate !== null && {
        'www-authenticate': `${www_authenticate}, resource_metadata="${server.issuer}${RESOURCE_METADATA_PATH}"`,
      }),
    })
  }
}

/** The metadata of the demo API as a protected resource (RFC 9728 §2), which leads to its authorization server. */
export function sendResourceMetadata({ issuer }: Provider, res: ServerResponse): void {
  const metadata = {
    resource: `${issuer}/api`,
    authorization_servers: [issuer],
    scopes_supported: ['customers:read', 'orders:read'],
    bearer_methods_supported: ['header'],
  }
  sendJson(res, 200, metadata, {})
}

function sendJson(res: ServerResponse, status: number, body: unknown, headers: Record<string, string>): void {
  res.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store', ...headers })
  res.end(JSON.stringify(body))
}
