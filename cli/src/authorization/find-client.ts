import { readFile } from 'node:fs/promises'
import { type ConnectorTask, plainClient, type TaskClient } from '@sluice/connector-specs'
import { type Secret, secret } from '@sluice/oauth'
import { CliError } from '../cli-error.ts'
import type { Terminal } from '../terminal.ts'

export interface ClientChoice {
  clientId?: string | undefined
  clientSecretStdin: boolean
  /** A file that holds the secret and nothing else. */
  clientSecretFile?: string | undefined
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
  if (choice.clientSecretStdin || choice.clientSecretFile !== undefined) {
    if (client_id === null) throw missing('client id')
    return plainClient(client_id, await readSecret(choice, terminal))
  }
  if (file !== null && file.client_id === client_id) return file
  const fromEnvironment = SLUICE_CLIENT_SECRET && (!SLUICE_CLIENT_ID || SLUICE_CLIENT_ID === client_id)
  if (client_id !== null && fromEnvironment) return plainClient(client_id, secret(SLUICE_CLIENT_SECRET))
  if (!terminal.can_ask) throw missing(client_id === null ? 'client id and secret' : 'client secret')
  const { askForClient } = await import('./ask-for-client.ts')
  return await askForClient(client_id, terminal)
}

async function readSecret({ clientSecretFile: path }: ClientChoice, terminal: Terminal): Promise<Secret> {
  if (path === undefined && terminal.can_ask) {
    throw new CliError('usage', '--client-secret-stdin reads a pipe or a file, and stdin is a terminal.', {
      next_action: 'Write `… --client-secret-stdin < file`, or leave the option out to be asked.',
    })
  }
  const content = path === undefined ? await terminal.readInput() : await readNamed(path)
  const text = content.replace(/\r?\n$/, '')
  if (text !== '') return secret(text)
  throw new CliError('usage', `There was no client secret ${path === undefined ? 'on stdin' : `in ${path}`}.`)
}

async function readNamed(path: string): Promise<string> {
  return await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new CliError('source', `The file ${path} of the client secret cannot be read.`, { cause })
  })
}

function missing(what: string): CliError {
  return new CliError('usage', `No ${what} for the provider, and no terminal to ask on.`, {
    next_action:
      'Name a file {"client_id": …, "client_secret": …} by `oauthClient` in the flow.yaml, or set SLUICE_CLIENT_ID and\n' +
      'SLUICE_CLIENT_SECRET, or give --client-id with --client-secret-file, or pipe the secret to --client-secret-stdin.',
  })
}
