import type { Compilation } from './compilation.ts'
import { formatJsonPointer } from './json-pointer.ts'
import type { BodyMediaType, RequestTemplates } from './plan.ts'
import { placeBody } from './template/place-body.ts'
import { placeHeader } from './template/place-header.ts'

/** RFC 9110 §5.6.2 `token`. */
export const HEADER_NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/

/** Framing, routing and connection management belong to the HTTP client, not to a spec. */
export const RESERVED_HEADERS: ReadonlySet<string> = new Set([
  'accept-encoding',
  'connection',
  'content-length',
  'expect',
  'host',
  'http2-settings',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

const FORM = 'application/x-www-form-urlencoded'
const FORM_BODY = /^\s*[A-Za-z_][\w.-]*=/

interface RequestSources {
  method: string
  url: { pointer: string; source: string }
  body: { pointer: string; source: string }
  headers: { pointer: string; sources: Record<string, string> }
}

/**
 * Compiles one request. As in Flow, it asks for JSON, and sends JSON unless the spec declares a content type. A body that
 * is plainly a form but was left undeclared (source-google-analytics-data-api) goes as a form.
 */
export function compileRequest(
  compilation: Compilation,
  { method, url, body, headers }: RequestSources,
): RequestTemplates {
  const urlTemplate = compilation.template(url.pointer, url.source)
  compilation.probeUrl(url.pointer, urlTemplate)

  const isForm = FORM_BODY.test(body.source)
  const declared = new Map<string, { pointer: string; source: string }>([
    ['accept', { pointer: headers.pointer, source: 'application/json' }],
    ['content-type', { pointer: headers.pointer, source: isForm ? FORM : 'application/json' }],
  ])
  const seen = new Set<string>()
  for (const [written, source] of Object.entries(headers.sources)) {
    const name = written.toLowerCase()
    const pointer = `${headers.pointer}${formatJsonPointer([written])}`
    if (!HEADER_NAME.test(written)) compilation.refuse(pointer, 'header_name', 'is not a header name')
    else if (RESERVED_HEADERS.has(name))
      compilation.refuse(pointer, 'header_reserved', 'is set by the HTTP client alone')
    else if (seen.has(name)) compilation.refuse(pointer, 'duplicate', 'repeats a header in another case')
    else declared.set(name, { pointer, source })
    seen.add(name)
  }
  const headerTemplates = Array.from(declared, ([name, { pointer, source }]) => {
    const value = compilation.template(pointer, source)
    compilation.probe(pointer, value, placeHeader)
    return { name, value }
  })

  const content_type = headerTemplates.find(({ name }) => name === 'content-type')?.value
  if (content_type !== undefined && content_type.names.size + content_type.lambdas.size > 0) {
    compilation.refuse(declared.get('content-type')?.pointer ?? headers.pointer, 'content_type', 'must be fixed text')
  }
  const media_type = mediaTypeOf(content_type?.source ?? '')
  const bodyTemplate = body.source.trim() === '' ? null : compilation.template(body.pointer, body.source)
  if (bodyTemplate !== null) {
    compilation.probe(body.pointer, bodyTemplate, (rendered) => placeBody(rendered, media_type), 'body_grammar')
    if (method === 'GET') compilation.refuse(body.pointer, 'get_body', 'cannot be sent by GET')
  }
  return {
    method,
    url: urlTemplate,
    query: [],
    headers: headerTemplates,
    body: bodyTemplate,
    members: [],
    media_type,
  }
}

export function mediaTypeOf(content_type: string): BodyMediaType {
  const type = (content_type.split(';')[0] ?? '').trim().toLowerCase()
  if (type === 'application/json' || type.endsWith('+json')) return 'json'
  return type === FORM ? 'form' : 'other'
}
