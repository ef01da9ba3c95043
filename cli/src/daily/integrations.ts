import { dataOf } from '@sluice/client'
import type { ListOptions, OutputOptions } from '../output/output-options.ts'
import { printPages, printRecord } from '../output/print-records.ts'
import type { ServerChoice } from '../profiles/choose-login.ts'
import { openServer } from '../server/open-server.ts'
import type { Terminal } from '../terminal.ts'

export async function listIntegrations(options: ServerChoice & ListOptions, terminal: Terminal): Promise<void> {
  const client = openServer(options, terminal)
  await printPages((query) => dataOf(client.GET('/v1/integrations', { params: { query } })), {
    columns: [
      { title: 'ID', of: ({ id }) => id },
      { title: 'CONNECTOR', of: ({ connector_id }) => connector_id },
      { title: 'NAME', of: ({ name }) => name },
      { title: 'REDIRECT URI', of: ({ redirect_uri }) => redirect_uri },
    ],
    options,
    terminal,
    nothing: 'There are no integrations. `sluice integrations create` makes one.',
  })
}

export async function showIntegration(options: ServerChoice & OutputOptions & { id: string }, terminal: Terminal) {
  const params = { path: { id: options.id } }
  const integration = await dataOf(openServer(options, terminal).GET('/v1/integrations/{id}', { params }))
  await printRecord(integration, options, terminal)
}
