// From what a program asks for to the addresses that are connected to: declared, looked up once, and judged before
// anything is sent.
import type { LookupAddress } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import type { DeclaredHosts } from './declared-hosts.ts'
import type { Destination } from './destination.ts'
import type { Lookup } from './look-up-in-turn.ts'

/** Options of a connection: it goes to the addresses that were judged, with no second look-up in between. */
export interface Route {
  host: string
  port: number
  lookup: LookupFunction
  autoSelectFamily: true
}

/** Why a program is not connected. `policy`: what it declares does not allow it; else nobody could be reached. */
export class NoRoute extends Error {
  override readonly name = 'NoRoute'
  readonly kind: 'policy' | 'unreachable'

  constructor(kind: NoRoute['kind'], message: string, options?: ErrorOptions) {
    super(message, options)
    this.kind = kind
  }
}

/** @throws NoRoute */
export async function findRoute({ host, port }: Destination, declared: DeclaredHosts, lookup: Lookup): Promise<Route> {
  const refusal = declared.refuse({ host, port })
  if (refusal !== null) throw new NoRoute('policy', refusal)
  const addresses = isIP(host) === 0 ? await addressesOf(host, lookup) : [{ address: host, family: isIP(host) }]
  const misled =
    isIP(host) === 0
      ? declared.refuseAddresses(
          host,
          addresses.map(({ address }) => address),
        )
      : null
  if (misled !== null) throw new NoRoute('policy', misled)
  const answer: LookupFunction = (_host, options, callback) => {
    const [first] = addresses
    if (options.all || first === undefined) callback(null, addresses)
    else callback(null, first.address, first.family)
  }
  return { host, port, lookup: answer, autoSelectFamily: true }
}

async function addressesOf(host: string, lookup: Lookup): Promise<LookupAddress[]> {
  const addresses = await lookup(host).catch((cause: unknown) => {
    throw new NoRoute('unreachable', `The host ${host} is declared, but its name is not known here.`, { cause })
  })
  if (addresses.length > 0) return addresses
  throw new NoRoute('unreachable', `The host ${host} is declared, but its name has no address.`)
}
