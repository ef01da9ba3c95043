import ipaddr from 'ipaddr.js'
import { OAuthError } from './errors.ts'

/** Which addresses an OAuth plan and the guarded fetch may name. */
export interface UrlPolicy {
  /** Development switch: http, and any port, on localhost and loopback addresses. */
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
export function checkUrl(url: URL, policy: Pick<UrlPolicy, 'allow_loopback' | 'allowed_ports'>): void {
  const refuse = (reason: string) => new OAuthError('refused_url', `The address at ${url.host} is refused: ${reason}.`)
  if (url.username !== '' || url.password !== '') throw refuse('it carries a user name or password')
  if (url.hash !== '' || url.href.endsWith('#')) throw refuse('it carries a fragment')
  if (isLoopbackHost(url.hostname) && (url.protocol === 'http:' || url.protocol === 'https:')) {
    if (policy.allow_loopback) return
    throw refuse('loopback addresses are open only to development (allow_loopback)')
  }
  if (url.protocol !== 'https:') throw refuse('only https is allowed')
  if (url.port !== '' && !policy.allowed_ports.includes(Number(url.port)))
    throw refuse(`port ${url.port} is not allowed`)
}

/** localhost and its subdomains (RFC 6761 §6.3), 127.0.0.0/8, ::1. Takes a host name as WHATWG URLs spell it. */
export function isLoopbackHost(hostname: string): boolean {
  if (hostname === 'localhost' || hostname.endsWith('.localhost')) return true
  const literal = hostname.replace(/^\[(.*)\]$/, '$1')
  return ipaddr.isValid(literal) && ipaddr.parse(literal).range() === 'loopback'
}
