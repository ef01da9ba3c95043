import { once } from 'node:events'
import { connect } from 'node:net'
import { CliError } from '../cli-error.ts'

const TIMEOUT_MS = 1_000

/**
 * Makes sure that a program listens where a loopback address points, before the browser is sent there to fail. Other
 * addresses are left to the browser.
 *
 * @throws CliError `provider`, with the way to start the lab.
 */
export async function requireAnswer(address: string): Promise<void> {
  const url = new URL(address)
  if (!isLoopback(url)) return
  const port = Number(url.port || (url.protocol === 'https:' ? 443 : 80))
  const socket = connect({ host: url.hostname.replace(/^\[(.*)\]$/, '$1'), port })
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(TIMEOUT_MS) })
  } catch (cause) {
    throw noAnswer(url, cause)
  } finally {
    socket.destroy()
  }
}

export function noAnswer(url: URL, cause: unknown): CliError {
  const next_action = isLoopback(url)
    ? 'If this is the lab, start it in another terminal by `npm start` or `npm run lab`.'
    : 'Check the network and the address, then run the command again.'
  return new CliError('provider', `The provider's address ${url.origin} does not answer.`, { next_action, cause })
}

function isLoopback({ hostname }: URL): boolean {
  return /^(.+\.)?localhost$|^127\.|^\[::1\]$/.test(hostname)
}
