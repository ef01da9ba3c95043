import type { Api } from '../http/api.ts'
import { pageHeaders } from '../http/security-headers.ts'
import type { Services } from '../services.ts'
import { openApiDocument } from './describe-api.ts'
import { renderReference } from './render-reference.ts'

/** The API document for programs, and the same as a page for people. */
export function referenceRoutes(api: Api, _services: Services) {
  const document = openApiDocument(api)
  const page = renderReference(document)
  api.get('/openapi.json', (c) => c.json(document))
  api.get('/reference', () => new Response(page, { headers: { ...pageHeaders, 'content-type': 'text/html' } }))
}
