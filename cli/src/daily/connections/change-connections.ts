import { dataOf } from '@sluice/client'
import { confirmed } from '../../ask.ts'
import { printable, printableJson } from '../../printable.ts'
import type { ServerChoice } from '../../profiles/choose-login.ts'
import { openServer } from '../../server/open-server.ts'
import type { Terminal } from '../../terminal.ts'
import { personOf } from './summary.ts'

type DeleteOptions = ServerChoice & { id: string; revoke: 'all' | 'none' | undefined; yes: boolean; json: boolean }

/** Ends the connection, and its tokens at the provider where that offers it. */
export async function deleteConnection(options: DeleteOptions, terminal: Terminal): Promise<void> {
  const client = openServer(options, terminal)
  const params = { path: { id: options.id } }
  const connection = await dataOf(client.GET('/v1/connections/{id}', { params }))
  const whose = personOf(connection) === null ? '' : ` of ${personOf(connection)}`
  const what = `the connection to ${connection.connector_id}${whose}`
  const { revoke } = options
  const andTokens = revoke === 'none' ? 'leave its tokens alone' : 'revoke its tokens'
  await confirmed(`Delete ${what}, and ${andTokens} at the provider?`, options, terminal)
  const query = revoke === undefined ? {} : { revoke }
  const deletion = await dataOf(client.DELETE('/v1/connections/{id}', { params: { ...params, query } }))
  if (options.json) return await terminal.print(printableJson(deletion))
  terminal.note(printable(`Deleted ${what}.`))
  for (const { token, outcome, reason } of deletion.tokens) {
    terminal.note(printable(`  ${token}: ${outcome.replaceAll('_', ' ')}${reason === null ? '' : ` (${reason})`}`))
  }
  for (const id of deletion.also_ended) terminal.note(`  The grant of ${id}, the same account, ends with it.`)
}

/** Has the server refresh the grant now. */
export async function refreshConnection(options: ServerChoice & { id: string; json: boolean }, terminal: Terminal) {
  const params = { path: { id: options.id } }
  const result = await dataOf(openServer(options, terminal).POST('/v1/connections/{id}/refresh', { params }))
  if (options.json) return await terminal.print(printableJson(result))
  const until =
    result.access_token_expires_at === null ? '' : ` The access token is good until ${result.access_token_expires_at}.`
  terminal.note(`${result.refreshed ? 'Refreshed.' : 'It was refreshed just before.'}${until}`)
}
