import { type Connection, dataOf } from '@sluice/client'
import type { ListOptions, OutputOptions } from '../../output/output-options.ts'
import { printPages, printRecord } from '../../output/print-records.ts'
import { printable } from '../../printable.ts'
import type { ServerChoice } from '../../profiles/choose-login.ts'
import { openServer } from '../../server/open-server.ts'
import type { Terminal } from '../../terminal.ts'
import { personOf, statusStyle } from './summary.ts'

interface Filter {
  status: Connection['status'] | undefined
  connector: string | undefined
  integration: string | undefined
  user: string | undefined
}

export async function listConnections(options: ServerChoice & ListOptions & Filter, terminal: Terminal): Promise<void> {
  const client = openServer(options, terminal)
  const { status, connector, integration, user } = options
  const filter = {
    ...(status !== undefined && { status }),
    ...(connector !== undefined && { connector_id: connector }),
    ...(integration !== undefined && { integration_id: integration }),
    ...(user !== undefined && { end_user_id: user }),
  }
  await printPages<Connection>(
    (page) => dataOf(client.GET('/v1/connections', { params: { query: { ...page, ...filter } } })),
    {
      columns: [
        { title: 'ID', of: ({ id }) => id },
        { title: 'CONNECTOR', of: ({ connector_id }) => connector_id },
        { title: 'STATUS', of: ({ status }) => status, style: statusStyle },
        { title: 'PERSON', of: personOf },
        { title: 'ACCOUNT', of: ({ account }) => account?.id },
        { title: 'ACT BY', of: ({ act_by }) => act_by },
        { title: 'PROBLEM', of: ({ problems }) => problems[0]?.code },
      ],
      options,
      terminal,
      nothing: 'There are no such connections. `sluice connect` makes one.',
    },
  )
}

export type OneConnection = ServerChoice & OutputOptions & { id: string }

export async function showConnection(options: OneConnection, terminal: Terminal): Promise<void> {
  const params = { path: { id: options.id } }
  const connection = await dataOf(openServer(options, terminal).GET('/v1/connections/{id}', { params }))
  await printRecord(connection, options, terminal)
  for (const { cause, owner, next_action } of connection.problems) {
    terminal.tell(`${terminal.paint('red', printable(cause))}\n  ${printable(next_action)} (${owner})`)
  }
}

export async function showHistory(options: ServerChoice & ListOptions & { id: string }, terminal: Terminal) {
  const client = openServer(options, terminal)
  const path = { id: options.id }
  await printPages((query) => dataOf(client.GET('/v1/connections/{id}/history', { params: { path, query } })), {
    columns: [
      { title: 'AT', of: ({ at }) => at },
      { title: 'WHAT', of: ({ kind }) => kind },
      { title: 'BY', of: ({ actor }) => `${actor.type} ${actor.id}` },
      { title: 'DETAIL', of: ({ detail }) => (Object.keys(detail).length > 0 ? JSON.stringify(detail) : '') },
    ],
    options,
    terminal,
    nothing: 'Nothing happened to it.',
  })
}
