import type { Api } from '../http/api.ts'
import { pageHeaders } from '../http/security-headers.ts'
import type { Services } from '../services.ts'
import { openApiDocument } from './describe-api.ts'
import { referenceStylesheet } from './reference-stylesheet.ts'
import { REFERENCE_STYLESHEET_PATH, renderReference } from './render-reference.ts'

/** The API document for programs, and the same as a page for people: made for the first who asks, so that a server starts sooner. */
export function referenceRoutes(api: Api, services: Services) {
  let document: ReturnType<typeof openApiDocument> | undefined
  let page: string | undefined
  const documentOnce = () => {
    document ??= openApiDocument(api)
    return document
  }
  const pageOnce = () => {
    page ??= renderReference({ ...documentOnce(), servers: [{ url: services.base_url }] })
    return page
  }
  api.get('/openapi.json', (c) => c.json(documentOnce()))
  api.get('/reference', () => fileResponse(pageOnce(), 'text/html; charset=utf-8'))
  api.get(REFERENCE_STYLESHEET_PATH, () => fileResponse(referenceStylesheet, 'text/css; charset=utf-8'))
}

function fileResponse(body: string, type: string): Response {
  return new Response(body, { headers: { ...pageHeaders, 'content-type': type } })
}
