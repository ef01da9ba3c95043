import type { ClientAuthentication } from '../client-authentication/authenticate-client.ts'
import { OAuthError } from '../errors.ts'
import { isJsonObject, type JsonObject } from '../json.ts'
import type { TokenRequest } from '../token-request.ts'

/** Parameters by which a client may prove itself, whatever a template wrote into them. */
const PROOFS = ['client_secret', 'client_assertion', 'client_assertion_type']

/**
 * Takes out of a rendered request whatever proved the client, and puts another proof in its place, so that there is
 * exactly one (RFC 6749 §2.3). `placeholder` is the text that stood in for the secret: parameters are known by it,
 * however they are called.
 *
 * @throws OAuthError `refused_value` when the secret stands in a body that is neither form nor JSON.
 */
export function replaceClientAuthentication(
  request: TokenRequest,
  placeholder: string,
  { headers, parameters, client_certificate }: ClientAuthentication,
): TokenRequest {
  const url = new URL(request.url)
  for (const [name, value] of [...url.searchParams]) {
    if (value.includes(placeholder) || PROOFS.includes(name)) url.searchParams.delete(name)
  }
  const { authorization: _replaced, ...others } = request.headers
  const bare = { ...request, url: url.href, headers: others, body: withoutProof(request, placeholder) }
  return {
    ...addParameters(bare, parameters),
    headers: { ...addParameters(bare, parameters).headers, ...headers },
    client_certificate,
  }
}

function withoutProof(request: TokenRequest, placeholder: string): string | null {
  const { body } = request
  if (body === null) return null
  const json = jsonBody(request)
  if (json !== null) {
    const kept = Object.entries(json).filter(
      ([name, value]) => !PROOFS.includes(name) && !(typeof value === 'string' && value.includes(placeholder)),
    )
    return JSON.stringify(Object.fromEntries(kept))
  }
  if (isForm(request)) {
    const kept = [...new URLSearchParams(body)].filter(
      ([name, value]) => !PROOFS.includes(name) && !value.includes(placeholder),
    )
    return new URLSearchParams(kept).toString()
  }
  if (!body.includes(placeholder)) return body
  const message = 'The spec writes the client secret into a body in which no other proof of the client can stand.'
  throw new OAuthError('refused_value', message, { field: 'client_secret', verdict: 'integration_broken' })
}

/**
 * Adds parameters to a request where its others are: in the JSON or form body, or in the query of a request without
 * one. One that is there already is replaced.
 */
export function addParameters(request: TokenRequest, parameters: Record<string, string | string[]>): TokenRequest {
  const names = Object.keys(parameters)
  if (names.length === 0) return request
  const json = jsonBody(request)
  if (json !== null) return { ...request, body: JSON.stringify({ ...json, ...parameters }) }
  if (request.body === null && request.method === 'GET') {
    const url = new URL(request.url)
    set(url.searchParams, parameters)
    return { ...request, url: url.href }
  }
  if (request.body === null || isForm(request)) {
    const form = new URLSearchParams(request.body ?? '')
    set(form, parameters)
    const headers = { ...request.headers, 'content-type': FORM }
    return { ...request, headers, body: form.toString() }
  }
  throw new OAuthError('refused_value', `The request has no place for ${names.join(', ')}.`, { field: names[0] })
}

function set(target: URLSearchParams, parameters: Record<string, string | string[]>): void {
  for (const [name, value] of Object.entries(parameters)) {
    target.delete(name)
    for (const text of [value].flat()) target.append(name, text)
  }
}

const FORM = 'application/x-www-form-urlencoded'

function typeOf({ headers }: TokenRequest): string {
  return (headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? ''
}

function isForm(request: TokenRequest): boolean {
  return typeOf(request) === FORM
}

function jsonBody(request: TokenRequest): JsonObject | null {
  const type = typeOf(request)
  if (request.body === null || !(type === 'application/json' || type.endsWith('+json'))) return null
  // Every JSON body was parsed when its values were put in.
  const value: unknown = JSON.parse(request.body)
  return isJsonObject(value) ? value : null
}
