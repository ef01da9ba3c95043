// Stands in for the server where a test is about the pages alone: it serves the built pages under the same policy, and
// answers calls with what the test says.
import { readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join } from 'node:path'
import { text } from 'node:stream/consumers'

export interface Answer {
  status?: number
  body?: unknown
  /** Milliseconds before the answer, for states that last. */
  after?: number
}

export interface ReceivedCall {
  call: string
  body: unknown
}

export interface FixtureServer {
  origin: string
  /** By `METHOD /path`; a test adds and replaces them as it goes. */
  answers: Record<string, Answer | ((body: unknown) => Answer)>
  calls: ReceivedCall[]
  close: () => Promise<void>
}

const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
  "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

const types: Record<string, string> = { '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' }

export async function startFixtureServer(dist: string): Promise<FixtureServer> {
  const answers: FixtureServer['answers'] = {}
  const calls: ReceivedCall[] = []
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => response.writeHead(500).end(String(error)))
  })

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = new URL(request.url ?? '/', 'http://fixture').pathname
    const call = `${request.method} ${path}`
    const planned = answers[call]
    if (planned !== undefined) {
      const sent = await text(request)
      const body: unknown = sent === '' ? null : JSON.parse(sent)
      calls.push({ call, body })
      return reply(response, typeof planned === 'function' ? planned(body) : planned)
    }
    if (path.startsWith('/assets/')) {
      response.writeHead(200, { 'content-type': types[extname(path)] ?? 'application/octet-stream' })
      response.end(await readFile(join(dist, path)))
    } else if (request.method === 'GET' && pageOf(path) !== null) {
      const headers = { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': policy }
      response.writeHead(200, headers).end(await readFile(join(dist, pageOf(path) ?? '')))
    } else {
      reply(response, { status: 404, body: problem(404, 'not_found', 'There is nothing here.') })
    }
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    origin: `http://127.0.0.1:${port}`,
    answers,
    calls,
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function pageOf(path: string): string | null {
  if (/^\/connect\/[^/]+$/.test(path)) return 'connect.html'
  return path === '/' || path.startsWith('/console/') ? 'index.html' : null
}

function reply(response: ServerResponse, { status = 200, body, after = 0 }: Answer): void {
  setTimeout(() => {
    if (typeof body === 'string') response.writeHead(status, { 'content-type': 'text/html' }).end(body)
    else if (body === undefined) response.writeHead(status).end()
    else response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  }, after)
}

export function problem(status: number, code: string, detail: string, errors?: object[]) {
  return { type: 'about:blank', title: code, status, code, detail, ...(errors && { errors }) }
}
