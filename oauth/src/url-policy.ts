import { isLoopbackAddress } from './address-policy.ts'
import { OAuthError } from './errors.ts'

/** Which addresses an OAuth plan may name. */
export interface UrlPolicy {
  /** Development switch: http and https, on any port, to localhost and loopback addresses. */
  allow_loopback: boolean
  /** Hosts that a value may name as a whole: `login.example.com`, or `.example.com` for any host below it. */
  allowed_hosts: string[]
  /** Ports besides 443. */
  allowed_ports: number[]
}

/**
 * Requires https on a known port, without user information or fragment (RFC 6749 §3.1, §3.2).
 *
 * @throws OAuthError `refused_url`, naming only the host.
 */
export function checkUrl(url: URL, { allow_loopback, allowed_ports }: Omit<UrlPolicy, 'allowed_hosts'>): void {
  const host = url.hostname === '' ? 'The address' : `The address at ${url.hostname}`
  const refuse = (reason: string) => new OAuthError('refused_url', `${host} is refused: ${reason}.`)
  if (url.protocol !== 'https:' && url.protocol !== 'http:') throw refuse('only https is allowed')
  if (url.username !== '' || url.password !== '') throw refuse('it carries a user name or password')
  if (url.href.includes('#')) throw refuse('it carries a fragment')
  if (isLoopbackHost(url.hostname)) {
    if (allow_loopback) return
    throw refuse('loopback addresses are open to development only (allow_loopback)')
  }
  if (url.protocol === 'http:') throw refuse('only https is allowed')
  if (url.port !== '' && !allowed_ports.includes(Number(url.port))) throw refuse(`port ${url.port} is not allowed`)
}

/** localhost and below (RFC 6761 §6.3), 127.0.0.0/8 and ::1, as WHATWG URLs spell host names. */
export function isLoopbackHost(hostname: string): boolean {
  return hostname === 'localhost' || hostname.endsWith('.localhost') || isLoopbackAddress(unbracket(hostname))
}

/** IPv6 literals without the brackets of URLs. */
export function unbracket(hostname: string): string {
  return hostname.replace(/^\[(.*)\]$/, '$1')
}
