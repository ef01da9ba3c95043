import type { Compilation } from '../compilation.ts'
import { HEADER_NAME, mediaTypeOf, RESERVED_HEADERS } from '../compile-request.ts'
import { formatJsonPointer } from '../json-pointer.ts'
import type { RequestTemplates } from '../plan.ts'
import { placeBody } from '../template/place-body.ts'
import { placeHeader } from '../template/place-header.ts'
import type { Template } from '../template/template.ts'
import { formBody, jsonBody, type Parameter } from './body-templates.ts'
import type { ConnectorInput, Located } from './connector-specification.ts'
import type { JinjaCompiler } from './jinja-compiler.ts'
import { type Piece, templateOf, textOf } from './pieces.ts'

const VERIFIER = 'code_verifier'
const FORM = 'application/x-www-form-urlencoded'

/**
 * Compiles the token request. With `access_token_params` it has a body: JSON, or a form where the headers say so.
 * Without them everything stands in the URL, and the body is empty.
 */
export function compileTokenRequest(
  compilation: Compilation,
  jinja: JinjaCompiler,
  { value: input, pointer }: Located<ConnectorInput>,
): RequestTemplates {
  const url = jinja.url(`${pointer}/access_token_url`, input.access_token_url, proveCodeInUrl)
  const parameters = readParameters(compilation, jinja, input.access_token_params, `${pointer}/access_token_params`)
  const headers = compileHeaders(compilation, jinja, input, `${pointer}/access_token_headers`, parameters.length > 0)

  const media_type = mediaTypeOf(headers.get('content-type')?.source ?? '')
  const body = parameters.length === 0 ? null : media_type === 'form' ? formBody(parameters) : jsonBody(parameters)
  const sent_as = media_type === 'form' ? 'form' : 'json'
  if (body !== null) {
    compilation.probe(`${pointer}/access_token_params`, body, (rendered) => placeBody(rendered, sent_as))
  }
  return {
    method: 'POST',
    url,
    query: [],
    headers: Array.from(headers, ([name, value]) => ({ name, value })),
    body,
    members: [],
    media_type: body === null ? media_type : sent_as,
  }
}

function readParameters(
  compilation: Compilation,
  jinja: JinjaCompiler,
  params: Record<string, string>,
  pointer: string,
): Parameter[] {
  const seen = new Set<string>()
  return Object.entries(params).flatMap(([written, source]) => {
    const place = `${pointer}${formatJsonPointer([written])}`
    const name = textOf(jinja.pieces(place, written))
    if (name === null) compilation.refuse(place, 'parameter_name', 'names a parameter by a value')
    else if (seen.has(name)) compilation.refuse(place, 'duplicate', `repeats ${name}`)
    if (name === null || seen.has(name)) return []
    seen.add(name)
    const value = jinja.pieces(place, source)
    return [{ name, source, value: name === VERIFIER ? value.map(proveCode) : value }]
  })
}

/** Airbyte sends `state` as the code verifier; ours is a verifier of its own (see `applyFilter`). */
function proveCode(piece: Piece): Piece {
  if ('urlencoded' in piece) return { urlencoded: proveCode(piece.urlencoded) }
  return 'variable' in piece && piece.variable === 'state' ? { variable: VERIFIER } : piece
}

/** The same in a URL, where the parameter's name stands before it. */
function proveCodeInUrl(pieces: Piece[]): Piece[] {
  return pieces.map((piece, index) => {
    const before = pieces.slice(0, index).map((other) => ('text' in other ? other.text : '{}'))
    return before.join('').endsWith(`${VERIFIER}=`) ? proveCode(piece) : piece
  })
}

/** Airbyte sends the declared headers, or else its own two. */
function compileHeaders(
  compilation: Compilation,
  jinja: JinjaCompiler,
  { access_token_headers }: ConnectorInput,
  pointer: string,
  hasBody: boolean,
): Map<string, Template> {
  const fixed = (text: string) => templateOf(text, [{ text }])
  const headers = new Map([
    ['accept', fixed('application/json')],
    ['content-type', fixed(hasBody ? 'application/json' : FORM)],
  ])
  const seen = new Set<string>()
  for (const [written, source] of Object.entries(access_token_headers)) {
    const place = `${pointer}${formatJsonPointer([written])}`
    const name = textOf(jinja.pieces(place, written))?.toLowerCase() ?? ''
    if (!HEADER_NAME.test(name)) compilation.refuse(place, 'header_name', 'is not a header name')
    else if (RESERVED_HEADERS.has(name)) compilation.refuse(place, 'header_reserved', 'is set by the HTTP client alone')
    else if (seen.has(name)) compilation.refuse(place, 'duplicate', 'repeats a header in another case')
    else {
      const value = jinja.template(place, source)
      compilation.probe(place, value, placeHeader)
      if (name === 'content-type' && value.names.size + value.lambdas.size > 0) {
        compilation.refuse(place, 'content_type', 'must be fixed text')
      }
      headers.set(name, value)
    }
    seen.add(name)
  }
  return headers
}
