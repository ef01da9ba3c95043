import { type ConnectorTask, plainClient, type TaskClient } from '@sluice/connector-specs'
import { type Secret, secret } from '@sluice/oauth'
import { CliError } from '../cli-error.ts'
import type { Terminal } from '../terminal.ts'

export interface ClientChoice {
  clientId?: string | undefined
  clientSecretStdin: boolean
}

/**
 * The client registration to use: options first, then the task's `oauthClient` file, then SLUICE_CLIENT_ID and
 * SLUICE_CLIENT_SECRET; what is missing is asked for when a person is there. A secret is used only with its own id.
 *
 * @throws CliError `usage` when nobody can be asked.
 */
export async function findClient(choice: ClientChoice, task: ConnectorTask, terminal: Terminal): Promise<TaskClient> {
  const { SLUICE_CLIENT_ID, SLUICE_CLIENT_SECRET } = terminal.env
  const file = task.oauth_client
  const client_id = choice.clientId || file?.client_id || SLUICE_CLIENT_ID || null
  if (choice.clientSecretStdin) {
    if (client_id === null) throw missing('client id')
    return plainClient(client_id, await readSecret(terminal))
  }
  if (file !== null && file.client_id === client_id) return file
  const fromEnvironment = SLUICE_CLIENT_SECRET && (!SLUICE_CLIENT_ID || SLUICE_CLIENT_ID === client_id)
  if (client_id !== null && fromEnvironment) return plainClient(client_id, secret(SLUICE_CLIENT_SECRET))
  if (!terminal.can_ask) throw missing(client_id === null ? 'client id and secret' : 'client secret')
  const { askForClient } = await import('./ask-for-client.ts')
  return await askForClient(client_id, terminal)
}

async function readSecret(terminal: Terminal): Promise<Secret> {
  if (terminal.can_ask) {
    throw new CliError('usage', '--client-secret-stdin reads a pipe or a file, and stdin is a terminal.', {
      next_action: 'Write `… --client-secret-stdin < file`, or leave the option out to be asked.',
    })
  }
  const text = (await terminal.readInput()).replace(/\r?\n$/, '')
  if (text === '') throw new CliError('usage', 'There was no client secret on stdin.')
  return secret(text)
}

function missing(what: string): CliError {
  return new CliError('usage', `No ${what} for the provider, and no terminal to ask on.`, {
    next_action:
      'Name a file {"client_id": …, "client_secret": …} by `oauthClient` in the flow.yaml, or set SLUICE_CLIENT_ID and\n' +
      'SLUICE_CLIENT_SECRET, or give --client-id and pipe the secret to --client-secret-stdin.',
  })
}
