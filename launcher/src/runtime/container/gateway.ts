// What keeps a container to the hosts that it declared: it has no network of its own but that of a second container, in
// which there is nothing but a loopback and a program of ours. That one carries connections to a socket in a directory
// that it alone has, where the egress proxy of this process listens. So no other container and no other program of this
// machine can use it, no route leads anywhere else, and it needs neither privileges nor a firewall.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { within } from '../../waiting.ts'
import { declareHosts } from '../egress/declared-hosts.ts'
import { openEgressProxy } from '../egress/egress-proxy.ts'
import type { Listener } from '../egress/listen-on.ts'
import { openCarrier } from '../egress/open-carrier.ts'
import { proxyEnvironment } from '../egress/proxy-environment.ts'
import { removePrivateDirectory } from '../remove-private-directory.ts'
import { type Program, type RunningProgram, StartError } from '../runtime.ts'
import { hostNode } from './host-node.ts'

export interface Gateway {
  /** The network that the engine is to start the program in. */
  network: string
  /** How the program is told of it. */
  env: Record<string, string>
  close(): Promise<void>
}

export interface GatewayPlace {
  /** Makes a private directory for it. */
  makeDirectory(): Promise<string>
  /** Starts the second container. */
  start(program: Program, directory: string, mounts: Mount[]): Promise<Begun>
}

/** A container that was started. */
export interface Begun {
  id: string
  running: RunningProgram
  /** Removes what is left of it when it has ended: an engine keeps it for as long as another one shares its network. */
  remove(): Promise<void>
}

export interface Mount {
  Type: 'bind'
  Source: string
  Target: string
  ReadOnly?: boolean
}

const FORWARDER = new URL('../egress/forwarder.mjs', import.meta.url)
const STARTS_MS = 60_000
const DRAIN_MS = 1_000
const SCRIPT = 'forwarder.mjs'
const SOCKET = 'egress.sock'
const SECOND = {
  replaces_entrypoint: true,
  cwd: '/',
  // The image may set what would change how it starts.
  env: { NODE_OPTIONS: '', NODE_EXTRA_CA_CERTS: '', LD_PRELOAD: '', LD_LIBRARY_PATH: '' },
  stdin: 'closed',
} as const
const ADVICE =
  'Run the server on the machine and as the user of its engine, or name a network that has an egress policy of its own'

/** @throws StartError */
export async function openGateway(program: Program, { makeDirectory, start }: GatewayPlace): Promise<Gateway> {
  const { hosts = [], own_ports = [], onRefused } = program
  const declared = declaredBy(hosts)
  const directory = await makeDirectory()
  const listeners: Listener[] = []
  let second: Begun | null = null
  let isClosing = false
  let isLost = false
  const close = async () => {
    isClosing = true
    await second?.running.stop(0)
    if (isLost) await second?.remove()
    for (const listener of listeners) await listener.close()
    await removePrivateDirectory(directory)
  }
  try {
    const forwarded = [[join(directory, SOCKET), '0']]
    // Some programs ask the proxy for all that is not `localhost`.
    const reached = [...hosts, ...own_ports.map((port) => `127.0.0.1:${port}`)]
    listeners.push(await openEgressProxy(join(directory, SOCKET), { hosts: reached, onRefused }))
    for (const port of own_ports) {
      const path = join(directory, `${port}.sock`)
      listeners.push(await openCarrier(path, port))
      forwarded.push([path, String(port)])
    }
    const { command, mounts } = hostNode()
    const forwarder = {
      ...SECOND,
      name: program.name,
      ...(program.image !== undefined && { image: program.image }),
      command: [...command, join(directory, SCRIPT), ...forwarded.flat()],
      files: { [SCRIPT]: await readFile(FORWARDER, 'utf8') },
    }
    const readOnly = mounts.map((mount): Mount => ({ Type: 'bind', ...mount, ReadOnly: true }))
    second = await start(forwarder, directory, readOnly)
    const port = await portOf(second.running)
    void second.running.exited.then(() => {
      isLost = !isClosing
      if (isLost) onRefused?.('The gateway of this connector was ended, and so no host is reached any more.')
    })
    return { network: `container:${second.id}`, env: proxyEnvironment(port, declared), close }
  } catch (cause) {
    await close()
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new StartError(`cannot be kept to the hosts that it declares: what stands before it ${why}. ${ADVICE}`, {
      cause,
    })
  }
}

function declaredBy(hosts: readonly string[]) {
  try {
    return declareHosts(hosts)
  } catch (cause) {
    throw new StartError(cause instanceof Error ? cause.message : String(cause), { cause })
  }
}

/** The first line that it prints, when it listens. */
async function portOf({ stdout, stderr }: RunningProgram): Promise<number> {
  const said = text(stderr)
  const lines = createInterface({ input: stdout, signal: AbortSignal.timeout(STARTS_MS) })
  for await (const line of lines) {
    if (/^\d+$/.test(line)) return Number(line)
  }
  // It ended, or is not up in time.
  const words = await within(DRAIN_MS, said)
  throw new StartError(`does not start, and says "${(words ?? '').trim().slice(0, 300)}"`)
}
