import { type ApiError, createSluiceClient, type SluiceClient } from '@sluice/client'
import { CliError } from '../cli-error.ts'
import { chooseLogin, type Login, type ServerChoice } from '../profiles/choose-login.ts'
import type { Terminal } from '../terminal.ts'

/**
 * A client of the server that options, environment and profiles name, with the API key that belongs to it.
 *
 * @throws CliError `login` without a key, `usage` when the key would travel in the clear
 */
export function openServer(choice: ServerChoice, terminal: Terminal): SluiceClient {
  return clientOf(chooseLogin(choice, terminal.env), terminal)
}

/** Its calls end with the command, and fail with errors that name the server and the login. */
export function clientOf(login: Login, { signal }: Terminal): SluiceClient {
  return createSluiceClient({
    base_url: login.server,
    api_key: login.api_key,
    fetch: async (request) => {
      const response = await fetch(request, { signal }).catch((cause: unknown) => {
        throw unreachable(login.server, cause)
      })
      if (response.status === 401) throw await loginOver(login, response)
      return response
    },
  })
}

/** What an answer of the server means for the person at the terminal. */
export function serverFailure(error: ApiError): CliError {
  // The client tells what its `fetch` threw as the cause.
  if (error.cause instanceof CliError) return error.cause
  const findings = error.errors.map(({ pointer, message }) => `${pointer === '' ? 'the request' : pointer}: ${message}`)
  return new CliError('server', error.message, {
    cause: error,
    ...(findings.length > 0 && { next_action: findings.join('\n') }),
  })
}

export function unreachable(server: string, cause: unknown): CliError {
  return new CliError('server', `${server} cannot be reached${reasonOf(cause)}.`, {
    next_action: 'Check the address, and that the server runs there. `sluice doctor` looks closer.',
    cause,
  })
}

/** Such as `: ECONNREFUSED`; fetch hides it in the causes. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return ''
  if ('code' in error && typeof error.code === 'string') return `: ${error.code}`
  return reasonOf(error.cause)
}

const LOGIN_OVER: Record<string, string> = {
  api_key_revoked: 'was revoked',
  api_key_expired: 'has expired',
}

async function loginOver({ server, profile }: Login, response: Response): Promise<CliError> {
  const problem = (await response.json().catch(() => ({}))) as { code?: string }
  const how = LOGIN_OVER[problem.code ?? ''] ?? 'is not valid'
  if (profile === null) {
    return new CliError('login', `The API key of SLUICE_API_KEY ${how} at ${server}.`, {
      next_action: 'Set it to another key, or unset it and run: sluice login',
    })
  }
  return new CliError('login', `The login “${profile}” at ${server} ${how}.`, {
    next_action: `Log in again: sluice login --server ${server} --profile ${profile}`,
  })
}
