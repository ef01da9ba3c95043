// The authorization URL, state included, stands in the browser's command line, which every user of the machine can read.
// So an answer with the right state counts only when it comes from a process of ours (security.md, line 55).
import { readFile } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { endpoint, readSocketTable } from './socket-table.ts'

/**
 * Whether another user's process is at the other end of a loopback connection. Ours are those of this user, of root
 * (port forwarders), and of whoever became root to run this. False where the system cannot tell.
 */
export async function isForeignPeer(socket: Socket): Promise<boolean> {
  const { remoteAddress = '', remotePort = 0, localAddress = '', localPort = 0 } = socket
  const peer = endpoint(remoteAddress, remotePort)
  const here = endpoint(localAddress, localPort)
  const rows = await readSocketTable()
  const ours = rows?.find(({ local, remote }) => local === here && remote === peer)
  if (!rows || !ours) return false
  // Once the peer has closed its end, its row no longer says who it was.
  if (ours.state !== 'established') return true
  const theirs = rows.find(({ local, remote }) => local === peer && remote === here)
  // Without a row the peer is outside this network namespace, such as a browser on the host of a virtual machine.
  if (!theirs) return false
  return theirs.state !== 'established' || !(await ownUsers()).has(theirs.uid)
}

async function ownUsers(): Promise<Set<number>> {
  const own = process.getuid?.() ?? 0
  if (own !== 0) return new Set([0, own])
  const login = await readFile('/proc/self/loginuid', 'utf8').catch(() => '0')
  return new Set([0, Number(login), Number(process.env.SUDO_UID ?? 0)])
}
