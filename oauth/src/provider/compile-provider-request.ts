import type { Compilation } from '../compilation.ts'
import { mediaTypeOf, RESERVED_HEADERS } from '../compile-request.ts'
import { isJsonObject } from '../json.ts'
import { formatJsonPointer } from '../json-pointer.ts'
import type { Parameter, RequestTemplates } from '../plan.ts'
import { parseTemplate } from '../template/parse-template.ts'
import { placeHeader } from '../template/place-header.ts'
import type { Template } from '../template/template.ts'
import { parsePlaceholders, splitAlternatives } from './placeholders.ts'
import type { RequestDeclaration } from './request-declaration.ts'
import type { Vocabulary } from './vocabulary.ts'

const FORM = 'application/x-www-form-urlencoded'
const HEADER_NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/

/** Values of the standard parameters; one without a value is not sent. */
export type StandardParameters = Record<string, string>

export type PointerTo = (field: keyof RequestDeclaration, member?: string) => string

interface RequestSources {
  /** Where a field, or a member of it, is declared: in the request itself, or in what it shares with others. */
  pointerTo: PointerTo
  declaration: RequestDeclaration
  standard: StandardParameters
  vocabulary: Vocabulary
  /** Whether an address that is not declared is found in the metadata. */
  discovered?: boolean
}

/** Pointers into a request that stands alone. */
export function pointersBelow(pointer: string): PointerTo {
  return (field, member) => `${pointer}/${field}${member === undefined ? '' : formatJsonPointer([member])}`
}

/** Pointers into a request that shares what it does not say itself with the token endpoint's others. */
export function pointersInto(pointer: string, own: RequestDeclaration): PointerTo {
  return (field, member) => {
    const value = own[field]
    const isOwn = member === undefined ? value !== undefined : isJsonObject(value) && Object.hasOwn(value, member)
    return pointersBelow(isOwn ? pointer : '/token')(field, member)
  }
}

/** Compiles one declared request: its RFC's parameters, its own, and exactly one client authentication. */
export function compileProviderRequest(compilation: Compilation, sources: RequestSources): RequestTemplates {
  const { declaration, pointerTo, vocabulary } = sources
  const { url = '', client_authentication = 'client_secret_post', method = 'POST' } = declaration
  const body = declaration.body ?? (method === 'GET' ? 'query' : 'form')
  if (method === 'GET' && body !== 'query') compilation.refuse(pointerTo('body'), 'get_body', 'cannot be sent by GET')

  const client = CLIENT_AUTHENTICATION[client_authentication]
  const parameters = compileParameters(compilation, {
    ...sources,
    standard: { ...sources.standard, ...client.parameters },
  })
  if (client.authorization !== null && parameters.some((parameter) => reads(parameter, 'client_secret'))) {
    compilation.refuse(
      pointerTo('client_authentication'),
      'client_authentication_twice',
      'repeats the secret of the Authorization header (RFC 6749 §2.3)',
    )
  }

  const isQuery = body === 'query'
  const headers = compileHeaders(compilation, (name) => pointerTo('headers', name), vocabulary, {
    accept: 'application/json',
    ...(!isQuery && { 'content-type': body === 'json' ? 'application/json' : FORM }),
    ...declaration.headers,
  })
  const content_type = headers.find(({ name }) => name === 'content-type')?.value.source
  if (content_type !== undefined && mediaTypeOf(content_type) !== body) {
    const written = Object.keys(declaration.headers ?? {}).find((name) => name.toLowerCase() === 'content-type')
    compilation.refuse(pointerTo('headers', written ?? 'content-type'), 'body_grammar', `contradicts body: ${body}`)
  }
  if (client.authorization !== null) {
    if (headers.some(({ name }) => name === 'authorization')) {
      compilation.refuse(
        pointerTo('client_authentication'),
        'client_authentication_twice',
        'repeats the Authorization header of the client',
      )
    }
    const { basic_encoding = 'form' } = declaration
    const authorization =
      basic_encoding === 'raw' ? client.authorization.replace(/\{\{[#/]urlencode\}\}/g, '') : client.authorization
    headers.push({ name: 'authorization', value: { ...parseTemplate(authorization), required: true } })
  }
  return {
    method,
    url:
      url === '' && sources.discovered ? parseTemplate('') : compileUrl(compilation, pointerTo('url'), vocabulary, url),
    query: isQuery ? parameters : [],
    headers,
    body: null,
    members: isQuery ? [] : parameters,
    media_type: body === 'json' ? 'json' : 'form',
    ...(isBeyondTemplates(client_authentication) && { client_authentication }),
  }
}

/** Assertions are signed and certificates shown for each request; templates cannot do that. */
function isBeyondTemplates(method: string): method is NonNullable<RequestTemplates['client_authentication']> {
  return method === 'private_key_jwt' || method === 'client_secret_jwt' || method === 'tls_client_auth'
}

interface ClientAuthenticationParts {
  parameters: StandardParameters
  authorization: string | null
}

const ID = { client_id: '{{client_id}}' }
const encoded = (name: string) => `{{#urlencode}}{{{${name}}}}{{/urlencode}}`
const BASIC = `Basic {{#basicauth}}${encoded('client_id')}:${encoded('client_secret')}{{/basicauth}}`
const SECRET_AS_USER_NAME = `Basic {{#basicauth}}${encoded('client_secret')}:{{/basicauth}}`
const ASSERTION = {
  ...ID,
  client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
  client_assertion: '{{client_assertion}}',
}

const CLIENT_AUTHENTICATION: Record<
  NonNullable<RequestDeclaration['client_authentication']>,
  ClientAuthenticationParts
> = {
  client_secret_basic: { parameters: {}, authorization: BASIC },
  client_secret_basic_with_client_id: { parameters: ID, authorization: BASIC },
  client_secret_as_user_name: {
    parameters: {},
    authorization: SECRET_AS_USER_NAME,
  },
  client_secret_post: { parameters: { ...ID, client_secret: '{{client_secret}}' }, authorization: null },
  private_key_jwt: { parameters: ASSERTION, authorization: null },
  client_secret_jwt: { parameters: ASSERTION, authorization: null },
  tls_client_auth: { parameters: ID, authorization: null },
  none: { parameters: ID, authorization: null },
  anonymous: { parameters: {}, authorization: null },
}

/** Standard parameters under their declared names, then the provider's own; one of the same name replaces it. */
export function compileParameters(
  compilation: Compilation,
  { pointerTo, declaration, standard, vocabulary }: RequestSources,
): Parameter[] {
  const { parameters = {}, parameter_names = {} } = declaration
  for (const name of Object.keys(parameter_names)) {
    if (!Object.hasOwn(standard, name) && !vocabulary.standard_names.has(name)) {
      compilation.refuse(pointerTo('parameter_names', name), 'unknown_parameter', 'is no standard parameter')
    }
  }
  const values = new Map<string, { place: string; value: string | number | boolean | null }>()
  for (const [name, value] of Object.entries(standard)) {
    values.set(parameter_names[name] ?? name, { place: pointerTo('parameters', name), value })
  }
  for (const [name, value] of Object.entries(parameters)) {
    values.set(name, { place: pointerTo('parameters', name), value })
  }
  return [...values].flatMap(([name, { place, value }]) => {
    if (value === null) return []
    return [{ name, value: typeof value === 'string' ? compileText(compilation, place, vocabulary, value) : value }]
  })
}

export function compileText(
  compilation: Compilation,
  pointer: string,
  vocabulary: Vocabulary,
  source: string,
): Template {
  try {
    const template = parsePlaceholders(source)
    for (const name of template.names) {
      const fault = vocabulary.fault(name)
      if (fault !== null) compilation.refuse(pointer, 'unknown_variable', `reads {{${name}}}, ${fault}`)
    }
    return template
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    compilation.refuse(pointer, 'invalid_template', `cannot be read: ${error.message}`)
    return parseTemplate('')
  }
}

/** An https address; each of its alternatives is tried out with a value in every place. */
export function compileUrl(
  compilation: Compilation,
  pointer: string,
  vocabulary: Vocabulary,
  source: string,
): Template {
  if (source === '') {
    compilation.refuse(pointer, 'missing', 'is missing')
    return parseTemplate('')
  }
  const template = compileText(compilation, pointer, vocabulary, source)
  if (template.source === '') return template
  for (const alternative of splitAlternatives(source)) {
    if (/[?#]/.test(alternative))
      compilation.refuse(pointer, 'url_query', 'carries a query or fragment; declare parameters')
    const { conditional: _conditional, ...parsed } = parsePlaceholders(alternative)
    compilation.probeUrl(pointer, { ...parsed, conditional: false })
  }
  return template
}

export function compileHeaders(
  compilation: Compilation,
  pointerTo: (name: string) => string,
  vocabulary: Vocabulary,
  sources: Record<string, string | null>,
): { name: string; value: Template }[] {
  const headers = new Map<string, Template>()
  for (const [written, source] of Object.entries(sources)) {
    const name = written.toLowerCase()
    const place = pointerTo(written)
    if (!HEADER_NAME.test(written)) compilation.refuse(place, 'header_name', 'is not a header name')
    else if (RESERVED_HEADERS.has(name)) compilation.refuse(place, 'header_reserved', 'is set by the HTTP client alone')
    else if (source === null) headers.delete(name)
    else {
      const value = compileText(compilation, place, vocabulary, source)
      compilation.probe(place, value, placeHeader)
      headers.set(name, value)
    }
  }
  return Array.from(headers, ([name, value]) => ({ name, value }))
}

/** Whether a parameter's value is made from a variable. */
export function reads({ value }: Parameter, variable: string): boolean {
  return typeof value === 'object' && value.names.has(variable)
}
