// The hosts that a connector declares, as its flow.yaml writes them, and whether it may reach one that it asks for:
// `api.example.com`, `*.example.com` or `.example.com` for every name below it, an address; each with `:port` to allow that
// port alone. A host is who is trusted, so that without a port all of its ports are.
import { isIP } from 'node:net'
import { type Destination, readAuthority, writeHost } from './destination.ts'
import { isDialable, isLoopback } from './dialable-address.ts'

/** Declared by a connector that may talk to anybody. */
const ANY_HOST = '*'

export interface DeclaredHosts {
  /** Why a host is not to be reached, in words for the connector and its log; null when it is declared. */
  refuse(destination: Destination): string | null
  /** The same for what a declared name leads to. */
  refuseAddresses(host: string, addresses: readonly string[]): string | null
  /** Whether this very host is declared, on whatever port. */
  names(host: string): boolean
}

interface Entry {
  /** With a leading dot: the names below. */
  host: string
  port: number | null
}

export function isAnyHost(hosts: readonly string[]): boolean {
  return hosts.includes(ANY_HOST)
}

/** @throws RangeError naming an entry that is no host */
export function declareHosts(hosts: readonly string[]): DeclaredHosts {
  const entries = hosts.map(readEntry)
  const names = (host: string) => entries.some((entry) => entry.host === host)
  return {
    names,
    refuse({ host, port }) {
      const matching = entries.filter((entry) => covers(entry, host))
      if (matching.some((entry) => entry.port === null || entry.port === port)) return null
      const shown = writeHost(host)
      return matching.length === 0
        ? `The host ${shown} is not declared, and so is not reached. ${declareIt(shown)}`
        : `Port ${port} of ${shown} is not declared, and so is not reached. ${declareIt(`${shown}:${port}`)}`
    },
    refuseAddresses(host, addresses) {
      const isLocal = host === 'localhost' || host.endsWith('.localhost')
      const mayLeadTo = isLocal ? isLoopback : isDialable
      if (addresses.every((address) => mayLeadTo(address) || names(address))) return null
      return `The host ${host} leads to an address that is for this machine alone, and so is not reached. Declare the address itself if it is meant.`
    },
  }
}

function readEntry(text: string): Entry {
  const [, below, rest = ''] = /^(\*?\.)?(.*)$/s.exec(text) ?? []
  // An IPv6 address without brackets ends like one with a port.
  const read = readAuthority(isIP(rest) === 6 ? `[${rest}]` : rest)
  if (read === null || (below && isIP(read.host) !== 0)) {
    throw new RangeError(
      `declares ${JSON.stringify(text)}, which names no host; write api.example.com, *.example.com or api.example.com:8443`,
    )
  }
  return { host: below ? `.${read.host}` : read.host, port: read.port }
}

function covers(entry: Entry, host: string): boolean {
  return entry.host.startsWith('.') ? isIP(host) === 0 && host.endsWith(entry.host) : host === entry.host
}

function declareIt(entry: string): string {
  return `Add ${entry} to "hosts" of the connector's endpoint if it is meant.`
}
