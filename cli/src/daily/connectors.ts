import { dataOf } from '@sluice/client'
import type { OutputOptions } from '../output/output-options.ts'
import { printRecord, printRecords } from '../output/print-records.ts'
import { printableJson } from '../printable.ts'
import type { ServerChoice } from '../profiles/choose-login.ts'
import { openServer } from '../server/open-server.ts'
import type { Terminal } from '../terminal.ts'

export async function listConnectors(options: ServerChoice & OutputOptions, terminal: Terminal): Promise<void> {
  const { data } = await dataOf(openServer(options, terminal).GET('/v1/connectors'))
  await printRecords(data, {
    columns: [
      { title: 'ID', of: ({ id }) => id },
      { title: 'TITLE', of: ({ title }) => title },
      { title: 'PROTOCOL', of: ({ protocol }) => protocol },
      { title: 'OAUTH', of: ({ oauth }) => oauth?.provider },
    ],
    options,
    terminal,
    nothing: 'The server has no connectors. Name their flow.yaml files in SLUICE_CONNECTORS.',
  })
}

type ShowOptions = ServerChoice & OutputOptions & { connector: string; spec: boolean }

export async function showConnector(options: ShowOptions, terminal: Terminal): Promise<void> {
  const client = openServer(options, terminal)
  const params = { path: { id: options.connector } }
  if (options.spec) {
    return await terminal.print(printableJson(await dataOf(client.GET('/v1/connectors/{id}/spec', { params }))))
  }
  await printRecord(await dataOf(client.GET('/v1/connectors/{id}', { params })), options, terminal)
}
