// The built pages of `web/`, read once: they are few and small.
import { readdir, readFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
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

export function serveWebFiles(api: Api, files: WebFiles) {
  const page = (html: string) =>
    new Response(html, { headers: { ...pageHeaders, 'content-type': 'text/html; charset=utf-8' } })

  api.get('/', () => page(files.console))
  api.get('/console/*', () => page(files.console))
  api.get('/connect/:token', () => page(files.connect))
  for (const [path, { body, type }] of files.assets) {
    const immutable = path.startsWith('/assets/')
    const headers = {
      'content-type': type,
      'cache-control': immutable ? 'public, max-age=31536000, immutable' : 'public, max-age=3600',
      'x-content-type-options': 'nosniff',
    }
    api.get(path, () => new Response(body, { headers }))
  }
}
