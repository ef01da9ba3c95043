// Name, port, certificate, health and clock, as anyone outside meets them.
import { lookup } from 'node:dns/promises'
import { connect } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { reasonOf } from '../server/open-server.ts'
import { daysSince, type Finding, failure, ok, warning } from './finding.ts'

const PATIENCE_MS = 5000
const CLOCK_WARNING_S = 5
const CLOCK_FAILURE_S = 60
const CERTIFICATE_DAYS = 14

export async function examineReach(
  server: string,
  signal: AbortSignal,
): Promise<{ findings: Finding[]; reached: boolean }> {
  const { hostname, port, protocol, host } = new URL(server)
  const name = hostname.replace(/^\[|\]$/g, '')
  const addresses = await lookup(name, { all: true }).catch((error: NodeJS.ErrnoException) => error)
  if (addresses instanceof Error) {
    const finding = failure(
      'DNS',
      `${name} has no address (${addresses.code}).`,
      'Check the spelling and the DNS records.',
    )
    return { findings: [finding], reached: false }
  }
  const findings = [ok('DNS', `${name} is ${addresses.map(({ address }) => address).join(', ')}`)]

  const number = Number(port) || (protocol === 'https:' ? 443 : 80)
  const refused = await tryPort(name, number)
  if (refused !== null) {
    const next_action = 'Start the server, or open the port in firewalls. On the machine itself: sluice doctor --local'
    return {
      findings: [...findings, failure('port', `${host} does not answer (${refused}).`, next_action)],
      reached: false,
    }
  }
  findings.push(ok('port', `${number} is open`))
  if (protocol === 'https:') findings.push(await examineCertificate(name, number))

  const asked = Date.now()
  const live = await fetch(`${server}/health/live`, { signal: patient(signal) }).catch(
    (error: unknown) => error as Error,
  )
  if (live instanceof Error || !(await isHealth(live))) {
    const what = live instanceof Error ? reasonOf(live).replace(/^: /, '') || live.name : `HTTP ${live.status}`
    const next_action = 'Another program has the port, or a proxy stands before the server and cannot reach it.'
    return {
      findings: [...findings, failure('health', `No Sluice answers at ${server} (${what}).`, next_action)],
      reached: false,
    }
  }
  findings.push(judgeClock(live, (asked + Date.now()) / 2))
  const ready = await fetch(`${server}/health/ready`, { signal: patient(signal) }).catch(() => null)
  if (ready?.status === 200) findings.push(ok('health', 'alive and ready'))
  else findings.push(failure('health', 'Alive, but not ready: its database does not answer.', 'See the server’s log.'))
  return { findings, reached: true }
}

function patient(signal: AbortSignal): AbortSignal {
  return AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)])
}

async function isHealth(response: Response): Promise<boolean> {
  const body = (await response.json().catch(() => null)) as { status?: unknown } | null
  return response.status === 200 && body?.status === 'ok'
}

/** Null when it is open. */
async function tryPort(host: string, port: number): Promise<string | null> {
  const { promise, resolve } = Promise.withResolvers<string | null>()
  const socket = connect({ host, port })
  socket.setTimeout(PATIENCE_MS, () => resolve('no answer'))
  socket.once('connect', () => resolve(null))
  socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
  return await promise.finally(() => socket.destroy())
}

async function examineCertificate(host: string, port: number): Promise<Finding> {
  const { promise, resolve } = Promise.withResolvers<Finding>()
  const bad = (why: string) =>
    failure('certificate', `Clients refuse it: ${why}.`, 'Renew it, or serve the whole chain.')
  const socket = connectTls({ host, port, servername: host, timeout: PATIENCE_MS })
  socket.once('secureConnect', () => resolve(judgeCertificate(socket.getPeerCertificate().valid_to)))
  socket.once('timeout', () => resolve(bad('no answer')))
  socket.once('error', (error: NodeJS.ErrnoException) => resolve(bad(error.code ?? error.message)))
  return await promise.finally(() => socket.destroy())
}

function judgeCertificate(validTo: string): Finding {
  const left = -daysSince(new Date(validTo).toISOString()) - 1
  const detail = `good for ${left} more days`
  return left >= CERTIFICATE_DAYS ? ok('certificate', detail) : warning('certificate', detail, 'Renew it.')
}

/** The Date header has whole seconds. */
function judgeClock(response: Response, here: number): Finding {
  const there = Date.parse(response.headers.get('date') ?? '')
  if (Number.isNaN(there)) return ok('clock', 'not told by the server or a proxy before it')
  const seconds = Math.round((there + 500 - here) / 1000)
  const size = Math.abs(seconds)
  if (size < CLOCK_WARNING_S) return ok('clock', 'of this machine and the server agree')
  const detail = `The server’s is ${size} s ${seconds > 0 ? 'ahead of' : 'behind'} this machine’s.`
  const next_action = 'Have both follow a time server (NTP): expiry times and signatures depend on it.'
  return size < CLOCK_FAILURE_S ? warning('clock', detail, next_action) : failure('clock', detail, next_action)
}
