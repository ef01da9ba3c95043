import { type ApiError, createSluiceClient, type SluiceClient } from '@sluice/client'
import { CliError } from '../cli-error.ts'
import { optional } from '../command.ts'
import type { Terminal } from '../terminal.ts'

const DEFAULT_SERVER = 'http://localhost:8080'

/** For commands that speak to a running server. */
export const serverOptions = {
  server: optional('<url>', `the server's address; else SLUICE_SERVER, else ${DEFAULT_SERVER}`),
}

/**
 * A client of the server that the option or SLUICE_SERVER names, with the API key of SLUICE_API_KEY.
 *
 * @throws CliError `usage` without a key, or when the key would travel in the clear
 */
export function openServer({ server }: { server: string | undefined }, { env }: Terminal): SluiceClient {
  const address = URL.parse(server ?? env.SLUICE_SERVER ?? DEFAULT_SERVER)
  if (address === null || !/^https?:$/.test(address.protocol)) {
    throw new CliError('usage', 'The address of the server is not an http or https URL.')
  }
  if (address.protocol === 'http:' && !['localhost', '127.0.0.1', '[::1]'].includes(address.hostname)) {
    const message = `The API key would travel to ${address.host} in the clear.`
    throw new CliError('usage', message, { next_action: 'Use https; http is for localhost alone.' })
  }
  const apiKey = env.SLUICE_API_KEY
  if (apiKey === undefined || apiKey === '') {
    const next_action = 'Set SLUICE_API_KEY; the first start of the server prints an admin key.'
    throw new CliError('usage', 'There is no API key.', { next_action })
  }
  return createSluiceClient({ base_url: address.origin, api_key: apiKey })
}

/** What an answer of the server means for the person at the terminal. */
export function serverFailure(error: ApiError): CliError {
  const next_action = error.code === 'unreachable' ? 'Check --server, and that the server runs.' : null
  return new CliError('server', error.message, { cause: error, ...(next_action && { next_action }) })
}
