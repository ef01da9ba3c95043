// Where a declared name may lead. Private networks are among it, because a host of the operator's own may be declared;
// the machine itself, its link and what tells a machine its keys are not: whoever answers for a name would choose them.
import { BlockList, isIP } from 'node:net'

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('::1', 'ipv6')

// A list for each family, because a list takes IPv4 addresses for the IPv6 ones that they are mapped to.
const refused = { ipv4: new BlockList(), ipv6: new BlockList() }
const RANGES = [
  ['0.0.0.0', 8],
  ['127.0.0.0', 8],
  // Link-local, where most clouds tell a machine its credentials.
  ['169.254.0.0', 16],
  ['192.0.0.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
  // The same of Azure and of Alibaba, whose addresses look like any other.
  ['168.63.129.16', 32],
  ['100.100.100.200', 32],
  ['::', 96],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
  // Forms that carry an IPv4 address, which may be any of those above: mapped, NAT64, 6to4, Teredo.
  ['::ffff:0:0', 96],
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
  ['2002::', 16],
  ['2001::', 32],
  // The same of Amazon and of Google, in private ranges.
  ['fd00:ec2::254', 128],
  ['fd20:ce::254', 128],
] as const
for (const [network, prefix] of RANGES) {
  refused[family(network)].addSubnet(network, prefix, family(network))
}

/** Whether a name that is declared may lead to this address. */
export function isDialable(address: string): boolean {
  return isIP(address) !== 0 && !refused[family(address)].check(address, family(address))
}

export function isLoopback(address: string): boolean {
  return isIP(address) !== 0 && loopback.check(address, family(address))
}

function family(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4'
}
