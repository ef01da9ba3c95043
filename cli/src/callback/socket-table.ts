// Linux's table of TCP sockets: who listens on a port, and whose socket is at the other end of a loopback connection.
import { readFile } from 'node:fs/promises'

export interface SocketRow {
  /** `127.0.0.1:16963`, `[::1]:16963` */
  local: string
  remote: string
  state: 'established' | 'listening' | 'other'
  /** The user whose process opened it; 0 once that process has closed it. */
  uid: number
  inode: string
}

const STATES: Record<string, SocketRow['state']> = { '01': 'established', '0A': 'listening' }

/** Null where the system has no such table. */
export async function readSocketTable(): Promise<SocketRow[] | null> {
  try {
    const files = await Promise.all(['/proc/net/tcp', '/proc/net/tcp6'].map((path) => readFile(path, 'latin1')))
    return files.flatMap((file) => file.trim().split('\n').slice(1).map(readRow))
  } catch {
    return null
  }
}

export function endpoint(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
}

/** `sl local_address rem_address st tx:rx tr:when retrnsmt uid timeout inode …` */
function readRow(line: string): SocketRow {
  const [, local = '', remote = '', state = '', , , , uid, , inode = ''] = line.trim().split(/\s+/)
  return {
    local: readEndpoint(local),
    remote: readEndpoint(remote),
    state: STATES[state] ?? 'other',
    uid: Number(uid),
    inode,
  }
}

/** Addresses stand as 32-bit words of little-endian hex. IPv4 in IPv6 is IPv4 here. */
function readEndpoint(text: string): string {
  const [address = '', port = ''] = text.split(':')
  const bytes = Buffer.from(address, 'hex')
  if (bytes.length % 4 === 0) bytes.swap32()
  const hex = bytes.toString('hex')
  if (bytes.length === 16 && !hex.startsWith('00000000000000000000ffff')) {
    const groups = (hex.match(/.{4}/g) ?? []).map((group) => Number.parseInt(group, 16).toString(16)).join(':')
    return endpoint(groups === '0:0:0:0:0:0:0:1' ? '::1' : groups, Number.parseInt(port, 16))
  }
  return endpoint([...bytes.subarray(-4)].join('.'), Number.parseInt(port, 16))
}
