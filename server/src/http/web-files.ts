// The built pages of `web/`, read once: they are few and small.
import { readdir, readFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { connectPage } from '../connect/connect-page.ts'
import type { Services } from '../services.ts'
import type { Api } from './api.ts'
import { pageHeaders } from './security-headers.ts'

const mediaTypes: Record<string, string> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
}

export interface WebFiles {
  console: string
  connect: string
  /** By path, such as `/assets/connect-4f1c.js`. */
  assets: Map<string, { body: Uint8Array<ArrayBuffer>; type: string }>
}

/** @throws when the pages were not built: `npm run build` builds them */
export async function readWebFiles(directory: string): Promise<WebFiles> {
  const names = await readdir(directory, { recursive: true })
  const assets: WebFiles['assets'] = new Map()
  for (const name of names) {
    const type = mediaTypes[extname(name)]
    if (type !== undefined)
      assets.set(`/${name}`, { body: new Uint8Array(await readFile(join(directory, name))), type })
  }
  return {
    console: await readFile(join(directory, 'index.html'), 'utf8'),
    connect: await readFile(join(directory, 'connect.html'), 'utf8'),
    assets,
  }
}

export function serveWebFiles(api: Api, files: WebFiles, services: Services) {
  const page = (html: string) =>
    new Response(html, { headers: { ...pageHeaders, 'content-type': 'text/html; charset=utf-8' } })

  api.get('/', () => page(files.console))
  api.get('/console/*', () => page(files.console))
  api.get('/connect/:token', async (c) => {
    const canonical = canonicalLoopback(new URL(c.req.url), services.base_url)
    return canonical === null ? connectPage(c, services, files.connect) : c.redirect(canonical, 307)
  })
  for (const [path, { body, type }] of files.assets) {
    const immutable = path.startsWith('/assets/')
    const headers = {
      'content-type': type,
      'cache-control': immutable ? 'public, max-age=31536000, immutable' : 'public, max-age=3600',
      'x-content-type-options': 'nosniff',
      ...(path === EMBED_SCRIPT && openToAll),
    }
    api.get(path, () => new Response(body, { headers }))
  }
}

/** Imported by pages of other origins (CORS, and `Cross-Origin-Resource-Policy`). */
const EMBED_SCRIPT = '/connect.js'
const openToAll = { 'access-control-allow-origin': '*', 'cross-origin-resource-policy': 'cross-origin' }

const loopbackHosts = new Set(['localhost', '127.0.0.1', '[::1]'])

/**
 * A link opened at 127.0.0.1 would start an authorization whose cookie is not sent to localhost, where the provider
 * returns to. Only loopback names are moved, so that no proxy in front is led in a circle.
 */
function canonicalLoopback(asked: URL, baseUrl: string): string | null {
  const base = new URL(baseUrl)
  if (asked.hostname === base.hostname) return null
  if (!loopbackHosts.has(asked.hostname) || !loopbackHosts.has(base.hostname)) return null
  return new URL(asked.pathname, base).href
}
