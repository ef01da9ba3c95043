// Where a request comes from. The connection's other end tells it; what `X-Forwarded-For` says counts only as far as
// proxies that the operator trusts have written it.
import { BlockList, isIP, isIPv6 } from 'node:net'
import type { Context } from 'hono'

export class TrustedProxiesError extends Error {
  readonly code = 'invalid_trusted_proxies'
}

/** @param ranges addresses and CIDR ranges, such as `10.0.0.0/8`. @throws TrustedProxiesError */
export function trustedProxies(ranges: string[]): BlockList {
  const list = new BlockList()
  for (const range of ranges) {
    const [address = '', length, ...rest] = range.split('/')
    const bits = isIPv6(address) ? 128 : 32
    const prefix = length === undefined ? bits : Number(length)
    if (isIP(address) === 0 || rest.length > 0 || !Number.isInteger(prefix) || prefix < 0 || prefix > bits) {
      throw new TrustedProxiesError(`${JSON.stringify(range)} is no address and no range such as 10.0.0.0/8.`)
    }
    list.addSubnet(address, prefix, familyOf(address))
  }
  return list
}

/** The client's address; `unknown` where the request came over no network. */
export function clientAddress(c: Context, trusted: BlockList): string {
  const peer = plain(peerOf(c))
  if (peer === null) return 'unknown'
  const hops = c.req.header('x-forwarded-for')?.split(',') ?? []
  let client = peer
  // Each proxy adds at the end whom it heard from: read backwards while the speaker is trusted.
  while (hops.length > 0 && trusted.check(client, familyOf(client))) {
    const next = plain(hops.pop()?.trim())
    if (next === null) break
    client = next
  }
  return client
}

/** One household or host has a whole /64 of IPv6 (RFC 6177), so that is what counts as one client. */
export function clientNetwork(address: string): string {
  if (!isIPv6(address)) return address
  const [head = '', tail] = address.split('::')
  const before = head.split(':').filter((group) => group !== '')
  const after = tail?.split(':').filter((group) => group !== '') ?? []
  const missing = Math.max(0, 8 - before.length - after.length)
  const groups = [...before, ...Array.from({ length: tail === undefined ? 0 : missing }, () => '0'), ...after]
  return `${groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`
}

/** `@hono/node-server` gives the handlers node's own request. */
function peerOf(c: Context): string | undefined {
  return (c.env as { incoming?: { socket?: { remoteAddress?: string } } } | undefined)?.incoming?.socket?.remoteAddress
}

/** An IPv4 address that came over an IPv6 socket is the IPv4 address. */
function plain(address: string | undefined): string | null {
  if (address === undefined || isIP(address) === 0) return null
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)
  return mapped?.[1] ?? address
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIPv6(address) ? 'ipv6' : 'ipv4'
}
