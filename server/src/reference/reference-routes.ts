import type { Api } from '../http/api.ts'
import { pageHeaders } from '../http/security-headers.ts'
import type { Services } from '../services.ts'
import { openApiDocument } from './describe-api.ts'
import { referenceStylesheet } from './reference-stylesheet.ts'
import { REFERENCE_STYLESHEET_PATH, renderReference } from './render-reference.ts'

/** The API document for programs, and the same as a page for people. */
export function referenceRoutes(api: Api, services: Services) {
  const document = openApiDocument(api)
  const page = renderReference({ ...document, servers: [{ url: services.base_url }] })
  api.get('/openapi.json', (c) => c.json(document))
  api.get('/reference', () => fileResponse(page, 'text/html; charset=utf-8'))
  api.get(REFERENCE_STYLESHEET_PATH, () => fileResponse(referenceStylesheet, 'text/css; charset=utf-8'))
}

function fileResponse(body: string, type: string): Response {
  return new Response(body, { headers: { ...pageHeaders, 'content-type': type } })
}
