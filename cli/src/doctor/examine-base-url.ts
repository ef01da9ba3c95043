import { reasonOf } from '../server/open-server.ts'
import { type Finding, failure, ok, warning } from './finding.ts'

const PATIENCE_MS = 5000

/** Whether links and redirect URIs, which start with the base URL, lead back to this server through what stands before it. */
export async function examineBaseUrl(baseUrl: string, server: string, signal: AbortSignal): Promise<Finding[]> {
  const data = { base_url: baseUrl }
  const patient = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)])
  // No link has this token: a server of ours says so as problem details, where a proxy would have its own page.
  const probe = new URL('/connect/doctor/session', baseUrl)
  const response = await fetch(probe, { signal: patient, redirect: 'manual' }).catch((error: unknown) => error as Error)
  const next_action =
    'Set SLUICE_BASE_URL to the address that browsers use, and have the proxy pass every path on unchanged.'
  if (response instanceof Error) {
    return [failure('base URL', `${baseUrl} cannot be reached from here${reasonOf(response)}.`, next_action, data)]
  }
  const passed = response.headers.get('content-type')?.startsWith('application/problem+json') ?? false
  if (!passed) {
    const detail = `${probe.href} is answered by something else (HTTP ${response.status}).`
    return [failure('base URL', detail, next_action, data)]
  }
  if (baseUrl === server) return [ok('base URL', `${baseUrl} leads to the server`, data)]
  if (isLoopback(baseUrl) && !isLoopback(server)) {
    const detail = `It is ${baseUrl}, but the server is reached at ${server}: links lead people to their own machine.`
    return [failure('base URL', detail, next_action, data)]
  }
  const detail = `It is ${baseUrl}; this command goes to ${server}.`
  return [isLoopback(server) ? ok('base URL', detail, data) : warning('base URL', detail, next_action, data)]
}

function isLoopback(address: string): boolean {
  return ['localhost', '127.0.0.1', '[::1]'].includes(new URL(address).hostname)
}
