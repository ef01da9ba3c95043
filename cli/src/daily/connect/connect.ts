import {
  ApiError,
  type Connection,
  type ConnectSession,
  type CreatedConnectSession,
  dataOf,
  type SluiceClient,
} from '@sluice/client'
import { openBrowser } from '../../authorization/open-browser.ts'
import { CliError } from '../../cli-error.ts'
import type { OutputOptions } from '../../output/output-options.ts'
import { printRecord } from '../../output/print-records.ts'
import { printable, printableJson } from '../../printable.ts'
import type { ServerChoice } from '../../profiles/choose-login.ts'
import { openServer } from '../../server/open-server.ts'
import { spin } from '../../spin.ts'
import type { Terminal } from '../../terminal.ts'
import { summaryOf } from '../connections/summary.ts'
import { awaitOutcome } from './await-outcome.ts'
import { printLink, tellLink } from './tell-link.ts'

export interface ConnectOptions extends ServerChoice, OutputOptions {
  connector: string | undefined
  connection: string | undefined
  integration: string | undefined
  user: string | undefined
  email: string | undefined
  scope: string[]
  /** Milliseconds. */
  expiresIn: number | undefined
  /** Milliseconds. */
  timeout: number | undefined
  wait: boolean
  qr: boolean
  open: boolean
}

/**
 * Invites a person to connect or repair, waits until it is done, and prints the connection.
 *
 * @throws CliError `authorization` when the invitation was cancelled, `timeout` when nobody followed it in time
 */
export async function connect(options: ConnectOptions, terminal: Terminal): Promise<void> {
  const client = openServer(options, terminal)
  if (!options.wait) {
    const created = await dataOf(client.POST('/v1/connect_sessions', { body: invitationOf(options) }))
    return await printLink(created, options, terminal)
  }
  const connection = await invitePerson(client, options, terminal)
  const params = { path: { id: connection } }
  const record = await dataOf(client.GET('/v1/connections/{id}', { params })).catch(withoutScope)
  if (record === null) await printRecord({ id: connection }, options, terminal)
  else if (options.json) await terminal.print(printableJson(record))
  else await printRecord(summaryOf(record), options, terminal)
}

/** @returns the connection's id, once the person is done. @throws CliError as `connect` does */
export async function invitePerson(client: SluiceClient, options: ConnectOptions, terminal: Terminal): Promise<string> {
  const created = await dataOf(client.POST('/v1/connect_sessions', { body: invitationOf(options) }))
  tellLink(created, options, terminal)
  if (options.open) await openBrowser(created.url, terminal)
  const waiting = awaitOutcome(client, created, options.timeout ?? null, terminal)
  const session = await spin('Waiting for the person …', waiting, terminal)
  const connection = await connectedBy(session, created)
  terminal.note(`${terminal.paint('green', session.repair ? 'Repaired.' : 'Connected.')}`)
  return connection
}

function invitationOf({ connector, connection, integration, user, email, scope, expiresIn }: ConnectOptions) {
  if ((connector === undefined) === (connection === undefined)) {
    throw new CliError('usage', 'Name a connector to connect, or with --connection a connection to repair.', {
      next_action: '`sluice connectors list` and `sluice connections list` show them.',
    })
  }
  const id = user ?? email
  return {
    ...(connector !== undefined && { connector_id: connector }),
    ...(connection !== undefined && { connection_id: connection }),
    ...(integration !== undefined && { integration_id: integration }),
    ...(id !== undefined && { end_user: { id, ...(email !== undefined && { email }) } }),
    ...(scope.length > 0 && { required_scopes: scope }),
    ...(expiresIn !== undefined && { expires_in_seconds: expiresIn / 1000 }),
  }
}

async function connectedBy(session: ConnectSession, { url }: CreatedConnectSession): Promise<string> {
  if (session.status === 'completed' && session.connection_id !== null) return session.connection_id
  const said = session.error === null ? '' : ` The last attempt failed: ${session.error.message}`
  const next_action = 'Run the command again for a new link.'
  if (session.status === 'cancelled') {
    throw new CliError('authorization', `The link was cancelled.${said}`, { next_action })
  }
  throw new CliError('timeout', `Nobody connected by ${printable(url)} in time.${said}`, { next_action })
}

/** A key that may invite people need not be one that may read connections. */
function withoutScope(error: unknown): Connection | null {
  if (error instanceof ApiError && error.code === 'scope_missing') return null
  throw error
}
