// Whom a program asks for: a host and a port, each written in one way, because a URL's host may be written in many.
import { isIP } from 'node:net'

const MAXIMUM_NAME = 253
const MAXIMUM_LABEL = 63

export interface Destination {
  /** In lower case, without a final dot; an IPv6 address without brackets. */
  host: string
  port: number
}

/** Reads the authority of an address (RFC 9110 §7.2), `host:port`. Null when it is none; `port` is null without one. */
export function readAuthority(authority: string): { host: string; port: number | null } | null {
  const [, name = '', digits] = /^([^:]+|\[[^\]]*\])(?::(\d{1,5}))?$/.exec(authority) ?? []
  const host = canonicalHost(name)
  const port = digits === undefined ? null : Number(digits)
  return host === null || (port !== null && (port < 1 || port > 65_535)) ? null : { host, port }
}

/** As an authority has it. */
export function writeHost(host: string): string {
  return isIP(host) === 6 ? `[${host}]` : host
}

function canonicalHost(name: string): string | null {
  if (name === '' || /[/?#@*\\\s]/.test(name)) return null
  // The URL Standard knows all ways to write an IPv4 address, and the form of a name that is looked up.
  const url = URL.parse(`http://${name}/`)
  if (url === null || url.username !== '' || url.pathname !== '/') return null
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '')
  return host === '' || isTooLong(host) ? null : host
}

/** RFC 1035 §2.3.4: no name server has such a name, and words that name it would be as long. */
function isTooLong(host: string): boolean {
  return host.length > MAXIMUM_NAME || host.split('.').some((label) => label.length > MAXIMUM_LABEL)
}
