import { type components, dataOf } from '@sluice/client'
import type { ListOptions, OutputOptions } from '../output/output-options.ts'
import { printPages, printRecords } from '../output/print-records.ts'
import type { ServerChoice } from '../profiles/choose-login.ts'
import { openServer } from '../server/open-server.ts'
import type { Terminal } from '../terminal.ts'

type EventType = components['schemas']['Event']['type']

export async function listEvents(
  options: ServerChoice & ListOptions & { type: string | undefined },
  terminal: Terminal,
) {
  const client = openServer(options, terminal)
  // The server checks the type.
  const filter = { ...(options.type !== undefined && { type: options.type as EventType }) }
  await printPages((page) => dataOf(client.GET('/v1/events', { params: { query: { ...page, ...filter } } })), {
    columns: [
      { title: 'ID', of: ({ id }) => id },
      { title: 'AT', of: ({ timestamp }) => timestamp },
      { title: 'TYPE', of: ({ type }) => type },
      { title: 'ABOUT', of: ({ data }) => String(data.connection_id ?? data.run_id ?? data.endpoint_id ?? '–') },
    ],
    options,
    terminal,
    nothing: 'There are no events.',
  })
}

type RedeliverOptions = ServerChoice & OutputOptions & { id: string; endpoint: string | undefined }

export async function redeliverEvent(options: RedeliverOptions, terminal: Terminal): Promise<void> {
  const params = { path: { id: options.id } }
  const body = { ...(options.endpoint !== undefined && { endpoint_id: options.endpoint }) }
  const { data } = await dataOf(openServer(options, terminal).POST('/v1/events/{id}/redeliver', { params, body }))
  await printRecords(data, {
    columns: [
      { title: 'ID', of: ({ id }) => id },
      { title: 'ENDPOINT', of: ({ endpoint_id }) => endpoint_id },
      { title: 'STATUS', of: ({ status }) => status },
    ],
    options,
    terminal,
    nothing: 'No endpoint takes events of this type.',
  })
}
