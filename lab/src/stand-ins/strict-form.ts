// What a token endpoint may insist on before it looks at the grant (RFC 6749 §2.3, §3.2). Real servers forgive much of
// this; the stand-ins forgive nothing, so that a test proves what was sent.
import type { IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'

/** RFC 6749 §5.2. */
export class TokenRefusal extends Error {
  readonly status: 400 | 401
  readonly code: string

  constructor(code: string, description: string, status: 400 | 401 = 400) {
    super(description)
    this.code = code
    this.status = status
  }
}

/** RFC 8693 §2.1 and RFC 8707 §2 let these be repeated. */
const REPEATABLE = new Set(['resource', 'audience'])

/** @throws TokenRefusal `invalid_request` unless it is a form, each parameter once and none of them empty. */
export async function readStrictForm(req: IncomingMessage): Promise<URLSearchParams> {
  if (req.method !== 'POST') throw new TokenRefusal('invalid_request', 'Use POST.')
  if (req.url?.includes('?')) throw new TokenRefusal('invalid_request', 'Parameters belong into the body.')
  if (req.headers['content-type'] !== 'application/x-www-form-urlencoded') {
    throw new TokenRefusal('invalid_request', 'The body must be application/x-www-form-urlencoded.')
  }
  const body = await text(req)
  if (!/^[A-Za-z0-9*\-._+%=&]*$/.test(body) || /%(?![0-9A-Fa-f]{2})/.test(body)) {
    throw new TokenRefusal('invalid_request', 'The body is not encoded as a form.')
  }
  const form = new URLSearchParams(body)
  for (const [name, value] of form) {
    if (value === '') throw new TokenRefusal('invalid_request', `${name} is empty.`)
    if (form.getAll(name).length > 1 && !REPEATABLE.has(name)) {
      throw new TokenRefusal('invalid_request', `${name} is repeated.`)
    }
  }
  return form
}

/**
 * Who sends the request: by Basic header or by secret in the body, never both. Null when nobody is named.
 *
 * @throws TokenRefusal `invalid_request` for two proofs, `invalid_client` for a wrong one.
 */
export function authenticateOnce(
  authorization: string | undefined,
  form: URLSearchParams,
  clients: ReadonlyMap<string, string>,
): string | null {
  const inBody = form.get('client_secret')
  if (authorization !== undefined && (inBody !== null || form.has('client_id') || form.has('client_assertion'))) {
    throw new TokenRefusal('invalid_request', 'The client is named in the header and in the body.')
  }
  if (authorization === undefined && inBody === null && !form.has('client_id')) return null
  const [client_id, client_secret] =
    authorization === undefined ? [form.get('client_id'), inBody] : readBasic(authorization)
  if (client_id === null || client_secret === null || clients.get(client_id) !== client_secret) {
    throw new TokenRefusal('invalid_client', 'The client is unknown or its secret is wrong.', 401)
  }
  return client_id
}

function readBasic(authorization: string): [string, string] {
  const credentials = /^Basic ([A-Za-z0-9+/]+={0,2})$/.exec(authorization)?.[1] ?? ''
  const [, client_id, client_secret] = /^([^:]*):(.*)$/s.exec(Buffer.from(credentials, 'base64').toString()) ?? []
  if (client_id === undefined || client_secret === undefined) {
    throw new TokenRefusal('invalid_client', 'The Authorization header is not Basic.', 401)
  }
  return [decodeForm(client_id), decodeForm(client_secret)]
}

/** RFC 6749 §2.3.1, appendix B: a space is a plus. */
function decodeForm(text: string): string {
  return decodeURIComponent(text.replaceAll('+', ' '))
}
