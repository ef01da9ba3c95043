// What a provider must receive by its declaration, computed without the engine: plain text replacement, no encoding.

import type { ProviderDeclaration } from '@sluice/oauth'

type RequestDeclaration = ProviderDeclaration['token']
type Plain = string | number | boolean

export type Values = Record<string, string | undefined>

export interface ExpectedRequest {
  method: string
  url: string
  encoding: 'form' | 'json' | 'query'
  parameters: Map<string, Plain>
  headers: Map<string, string>
}

/** The first alternative whose placeholders all have values; null when none has. */
export function fillIn(source: string, values: Values): string | null {
  const alternatives = source.includes(' ||') ? source.split('||').map((text) => text.trim()) : [source]
  for (const alternative of alternatives) {
    let complete = true
    const text = alternative.replace(/\{\{\s*([\w.]+)\s*\}\}/g, (_tag, name: string) => {
      const value = values[name] ?? ''
      if (value === '') complete = false
      return value
    })
    if (complete) return text
  }
  return null
}

export function expectedParameters(
  { parameters = {}, parameter_names = {} }: RequestDeclaration,
  standard: Record<string, string>,
  values: Values,
): Map<string, Plain> {
  const expected = new Map<string, Plain>()
  for (const [name, source] of Object.entries(standard)) expected.set(parameter_names[name] ?? name, source)
  for (const [name, source] of Object.entries(parameters)) {
    if (source === null) expected.delete(name)
    else expected.set(name, source)
  }
  for (const [name, source] of expected) {
    const value = typeof source === 'string' ? fillIn(source, values) : source
    if (value === null) throw new Error(`the declaration needs a value for ${name}`)
    if (value === '') expected.delete(name)
    else expected.set(name, value)
  }
  return expected
}

const JWT_BEARER = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

/** Parameters and header of each client authentication. */
function clientProof(
  method: string,
  encoding: 'form' | 'raw',
  { client_id = '', client_secret = '', client_assertion = '' }: Values,
): { parameters: Record<string, string>; authorization: string | null } {
  const inBasic = (text: string) => (encoding === 'form' ? encodeURIComponent(text) : text)
  const basic = (...credentials: string[]) =>
    `Basic ${Buffer.from(credentials.map(inBasic).join(':')).toString('base64')}`
  switch (method) {
    case 'client_secret_basic':
      return { parameters: {}, authorization: basic(client_id, client_secret) }
    case 'client_secret_basic_with_client_id':
      return { parameters: { client_id }, authorization: basic(client_id, client_secret) }
    case 'client_secret_as_user_name':
      return { parameters: {}, authorization: basic(client_secret, '') }
    case 'client_secret_post':
      return { parameters: { client_id, client_secret }, authorization: null }
    case 'private_key_jwt':
    case 'client_secret_jwt':
      return { parameters: { client_id, client_assertion_type: JWT_BEARER, client_assertion }, authorization: null }
    case 'none':
    case 'tls_client_auth':
      return { parameters: { client_id }, authorization: null }
    default:
      return { parameters: {}, authorization: null }
  }
}

export function expectedRequest(
  declaration: RequestDeclaration,
  standard: Record<string, string>,
  values: Values,
): ExpectedRequest {
  const { method = 'POST', url = '', client_authentication = 'client_secret_post' } = declaration
  const encoding = declaration.body ?? (method === 'GET' ? 'query' : 'form')
  const proof = clientProof(client_authentication, declaration.basic_encoding ?? 'form', values)
  const headers = new Map([['accept', 'application/json']])
  if (encoding === 'form') headers.set('content-type', 'application/x-www-form-urlencoded')
  if (encoding === 'json') headers.set('content-type', 'application/json')
  for (const [name, source] of Object.entries(declaration.headers ?? {})) {
    if (source === null) headers.delete(name.toLowerCase())
    else headers.set(name.toLowerCase(), fillIn(source, values) ?? '')
  }
  if (proof.authorization !== null) headers.set('authorization', proof.authorization)
  return {
    method,
    url: fillIn(url, values) ?? '',
    encoding,
    parameters: expectedParameters(declaration, { ...standard, ...proof.parameters }, values),
    headers,
  }
}

export function mergeRequests(shared: RequestDeclaration, own: RequestDeclaration): RequestDeclaration {
  return {
    ...shared,
    ...own,
    parameters: { ...shared.parameters, ...own.parameters },
    parameter_names: { ...shared.parameter_names, ...own.parameter_names },
    headers: { ...shared.headers, ...own.headers },
  }
}
