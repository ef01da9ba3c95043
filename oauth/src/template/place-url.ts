import { OAuthError } from '../errors.ts'
import { checkUrl, type UrlPolicy } from '../url-policy.ts'
import { percentDecoded, percentEncoded, refuse } from './encode-slot.ts'
import { keepsForm, PLAIN_QUERY, requireSameForm } from './place-form.ts'
import { placeHost } from './place-host.ts'
import { onceFor, type Rendered } from './sentinels.ts'

/** Characters that mean themselves in a path segment (RFC 3986 §3.3). */
const PLAIN_PATH = /^[A-Za-z0-9\-._~:@,!$()*=]*$/

/**
 * Puts values into a URL (WHATWG URL). Scheme, port and user information are the author's; the host is pinned; path
 * segments and query values are encoded so that each stays one segment or one value.
 *
 * @throws OAuthError `invalid_template` or `refused_url` when the template is at fault, `refused_value` when a value is.
 */
export function placeUrl(rendered: Rendered, policy: UrlPolicy): URL {
  const shape = parseAddress(rendered)
  for (const part of [shape.protocol, shape.username, shape.password, shape.hash]) {
    const slot = rendered.slotsIn(part)[0]
    if (slot !== undefined) throw mustBeFixed(slot.field)
  }
  const host = placeHost(rendered, shape.hostname, policy)
  const url = new URL(shape)
  url.hostname = host
  url.pathname = rendered.fill(shape.pathname, (slot) => percentEncoded(slot, PLAIN_PATH))
  url.search = rendered.fill(shape.search, (slot) => percentEncoded(slot, PLAIN_QUERY))

  checkUrl(url, policy)
  if (url.hostname !== host || url.port !== shape.port) {
    throw elsewhere()
  }
  requireSamePath(rendered, shape.pathname, url.pathname)
  requireSameForm(rendered, shape.search, url.search)
  return url
}

/**
 * Puts values into a URL as `placeUrl` does, and gives its text. Where values stand in host and query alone, the rest is
 * parsed and serialised once.
 *
 * @throws OAuthError as `placeUrl` does.
 */
export function placeAddress(rendered: Rendered, policy: UrlPolicy): string {
  const { fixed, hostname, search } = layoutOf(rendered)
  if (fixed === null) return placeUrl(rendered, policy).href

  if (hostname !== null) {
    const host = placeHost(rendered, hostname, policy)
    const address = `${fixed.protocol}//${host}${fixed.port && `:${fixed.port}`}${fixed.pathname}`
    if (!URL.canParse(address)) throw elsewhere()
    const url = new URL(address)
    checkUrl(url, policy)
    if (url.hostname !== host || url.port !== fixed.port) throw elsewhere()
    return url.href + fillQuery(rendered, search)
  }
  if (checkedFor.get(fixed) !== policy) {
    checkUrl(fixed, policy)
    checkedFor.set(fixed, policy)
  }
  return fixed.href + fillQuery(rendered, search)
}

/** The policy under which an address without values was last found good. */
const checkedFor = new WeakMap<URL, UrlPolicy>()

/** `fixed` is the address without its query; null where a value stands elsewhere, or could complete an escape. */
const layoutOf = onceFor((rendered) => {
  const shape = parseAddress(rendered)
  const { search, hostname, username, password, protocol, pathname, href } = shape
  const open = rendered.slotsIn(protocol + pathname).length > 0 || username + password !== '' || href.includes('#')
  shape.search = ''
  return {
    fixed: open || !keepsForm(rendered, search) ? null : shape,
    hostname: rendered.slotsIn(hostname).length > 0 ? hostname : null,
    search,
  }
})

/** `'` is the one character of encodeURIComponent that a URL's query escapes (WHATWG URL §1.3, special-query). */
function fillQuery(rendered: Rendered, search: string): string {
  return rendered.fill(search, (slot) => percentEncoded(slot, PLAIN_QUERY).replaceAll("'", '%27'))
}

/**
 * The address with sentinels in it. Line breaks inside a URL are never meant, nor is the indentation after them; browsers
 * drop only the breaks.
 *
 * @throws OAuthError `invalid_template`
 */
export function parseAddress(rendered: Rendered): URL {
  const text = rendered.text
    .split(/[\r\n]+/)
    .map((line) => line.trim())
    .join('')
  if (URL.canParse(text)) return new URL(text)
  const slots = rendered.slotsIn(/^[^/]*(\/\/[^/?#]*)?/.exec(text)?.[0] ?? '')
  throw slots[0] === undefined
    ? new OAuthError('invalid_template', 'The template does not give a URL.')
    : mustBeFixed(slots[0].field)
}

function elsewhere(): OAuthError {
  return new OAuthError('refused_value', 'A value would change where the request goes.')
}

function mustBeFixed(field: string): OAuthError {
  const message = `${field} stands in the scheme, user name, port or fragment of an address, which must be fixed.`
  return new OAuthError('invalid_template', message, { field })
}

function requireSamePath(rendered: Rendered, written: string, filled: string): void {
  const before = written.split('/')
  const after = filled.split('/')
  for (const [index, segment] of before.entries()) {
    const slot = rendered.slotsIn(segment)[0]
    if (slot === undefined) continue
    const expected = rendered.fill(decode(segment), percentDecoded)
    if (expected === '') throw refuse(slot, 'it is empty')
    if (before.length !== after.length || decode(after[index] ?? '') !== expected) {
      throw refuse(slot, 'it would change the path of the address')
    }
  }
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}
