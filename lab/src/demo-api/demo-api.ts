import type { IncomingMessage, ServerResponse } from 'node:http'
import type Provider from 'oidc-provider'
import { ApiProblem } from './api-problem.ts'
import { type Caller, readCaller, requireScope } from './bearer-token.ts'
import { demoData } from './demo-data.ts'
import { pageOfRecords } from './page-of-records.ts'

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
      ...(www_authenticate !== null && { 'www-authenticate': www_authenticate }),
    })
  }
}

function sendJson(res: ServerResponse, status: number, body: unknown, headers: Record<string, string>): void {
  res.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store', ...headers })
  res.end(JSON.stringify(body))
}
