// `sluice raw oauth --server`: a running server makes the connection, by its own pages. It keeps the grant, unless
// --write takes it over into the config of this machine.
import { dataOf, type SluiceClient } from '@sluice/client'
import { type ConnectorTask, plainClient } from '@sluice/connector-specs'
import { protocolOf } from '@sluice/launcher'
import { type JsonObject, secret } from '@sluice/oauth'
import { CliError } from '../cli-error.ts'
import type { RecipientChoice } from '../config/key-sources.ts'
import { launchOf, openTask, type TaskChoice } from '../connector/open-task.ts'
import { connect, invitePerson } from '../daily/connect/connect.ts'
import type { ServerChoice } from '../profiles/choose-login.ts'
import { openServer } from '../server/open-server.ts'
import type { Terminal } from '../terminal.ts'
import { readOAuth } from './authorize.ts'
import { type ObtainedTokens, obtainedCredentials } from './obtained-credentials.ts'
import { printCredentials } from './print-credentials.ts'
import { planWriting, writeCredentials } from './write-credentials.ts'

export interface ServerAuthorization extends TaskChoice, ServerChoice, RecipientChoice {
  /** Id of the client registration, when the connector has several. */
  integration: string | undefined
  /** Milliseconds. */
  timeout: number
  open: boolean
  device: boolean
  paste: boolean
  write: boolean
  plain: boolean
  showSecrets: boolean
  json: boolean
  quiet: boolean
}

/** A connect session lives so long at least. */
const SHORTEST_SESSION_MS = 60_000

/**
 * Invites the person at the terminal to connect the task's connector, waits, and prints the connection; with --write or
 * --show-secrets its credentials, as `raw oauth` prints its own. A server calls a connector by the last part of its
 * task's name.
 */
export async function authorizeAtServer(options: ServerAuthorization, terminal: Terminal): Promise<void> {
  refuseContradictions(options)
  const { write, showSecrets } = options
  const task = await openTask({ ...options, secrets: null }, terminal, { with_config: write || showSecrets })
  const invitation = {
    ...options,
    connector: task.name.split('/').at(-1),
    connection: undefined,
    user: undefined,
    email: undefined,
    scope: [],
    expiresIn: Math.max(SHORTEST_SESSION_MS, options.timeout),
    wait: true,
    qr: false,
  }
  if (!write && !showSecrets) return await connect(invitation, terminal)

  // All that can fail is tried before the person is sent to the provider.
  const target = write ? await planWriting(options, task, terminal) : null
  const spec = await protocolOf(task.protocol).spec(launchOf(task, terminal, [], options))
  const oauth = await readOAuth(task, spec, terminal)
  const client = openServer(options, terminal)
  const connection = await invitePerson(client, invitation, terminal)
  const obtained = write ? await takeOver(client, connection) : await readTokens(client, connection)
  const credentials = obtainedCredentials(spec.config_schema, oauth, task.config, {
    client: clientOfTask(task),
    obtained,
    show_secrets: showSecrets,
  })
  if (target !== null) {
    await writeCredentials(target, task, credentials, terminal)
    terminal.note(`The server keeps the connection ${connection} as disabled: its grant is refreshed here from now on.`)
  }
  await printCredentials(
    { task, plan: oauth.plan, obtained, credentials, json: options.json, written: write },
    terminal,
  )
}

function refuseContradictions({ device, paste, plain, write }: ServerAuthorization): void {
  const contradiction = [
    (device || paste) &&
      'With --server the server’s own pages are used, also by a code: leave out --device and --paste.',
    plain && !write && '--plain belongs to --write.',
  ].find((message) => typeof message === 'string')
  if (contradiction) throw new CliError('usage', contradiction)
}

/** The server goes on refreshing it. */
async function readTokens(client: SluiceClient, id: string): Promise<ObtainedTokens> {
  const params = { path: { id } }
  const read = await dataOf(client.GET('/v1/connections/{id}/credentials', { params }))
  // JSON, as it came.
  return obtainedTokens(read.credentials as JsonObject, read.access_token, read.access_token_expires_at)
}

/** Of two that refresh one grant, one would end it: the server stops. */
async function takeOver(client: SluiceClient, id: string): Promise<ObtainedTokens> {
  const call = { params: { path: { id } }, body: { disable: true } }
  const { grant } = await dataOf(client.POST('/v1/connections/{id}/export', call))
  if (grant === null) throw new CliError('server', 'The connection has no grant to take over.')
  const { access_token, refresh_token, expires_at, further } = grant
  const credentials = { ...(further as JsonObject), access_token, ...(refresh_token !== null && { refresh_token }) }
  return obtainedTokens(credentials, access_token, expires_at)
}

function obtainedTokens(credentials: JsonObject, access: string | null, expires_at: string | null): ObtainedTokens {
  const { refresh_token } = credentials
  return {
    credentials: secret(credentials),
    tokens: {
      access_token: secret(access ?? ''),
      refresh_token: typeof refresh_token === 'string' ? secret(refresh_token) : null,
      expires_at: expires_at === null ? null : new Date(expires_at),
      scope: null,
    },
  }
}

/** The server gives its client's secret to nobody: the connector gets one here if the flow.yaml names it. */
function clientOfTask({ oauth_client }: ConnectorTask) {
  return oauth_client ?? plainClient('', secret(''))
}
