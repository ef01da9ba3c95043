import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'

/**
 * Public by number, private by use: Azure's host agent, which gives out instance credentials.
 * https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16
 */
const BLOCKED = new Set(['168.63.129.16'])

/**
 * Whether an address may be connected to: global unicast only. Refused are loopback, private, link-local (cloud
 * metadata), carrier-grade NAT, multicast, documentation and reserved ranges, and every IPv6 form that carries an IPv4
 * address (mapped, NAT64, 6to4, Teredo), because it would hide one of those.
 */
export function isPublicAddress(address: string): boolean {
  if (isIP(address) === 0) return false
  const parsed = ipaddr.parse(address)
  if (parsed.range() !== 'unicast' || BLOCKED.has(parsed.toString())) return false
  // Only 2000::/3 is given out as global unicast (RFC 4291 §2.4); the rest is unassigned or deprecated.
  return parsed.kind() === 'ipv4' || ((parsed.toByteArray()[0] ?? 0) & 0xe0) === 0x20
}

export function isLoopbackAddress(address: string): boolean {
  return isIP(address) !== 0 && ipaddr.parse(address).range() === 'loopback'
}
