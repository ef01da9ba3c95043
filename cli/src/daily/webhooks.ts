import { type components, dataOf } from '@sluice/client'
import { confirmed } from '../ask.ts'
import type { ListOptions, OutputOptions, ReportOptions } from '../output/output-options.ts'
import { printPages, printRecord } from '../output/print-records.ts'
import { report } from '../output/report.ts'
import { printable, printableJson } from '../printable.ts'
import type { ServerChoice } from '../profiles/choose-login.ts'
import { openServer } from '../server/open-server.ts'
import type { Terminal } from '../terminal.ts'

type EventType = components['schemas']['Event']['type']

export async function listWebhooks(options: ServerChoice & ListOptions, terminal: Terminal): Promise<void> {
  const client = openServer(options, terminal)
  await printPages((query) => dataOf(client.GET('/v1/webhook_endpoints', { params: { query } })), {
    columns: [
      { title: 'ID', of: ({ id }) => id },
      { title: 'URL', of: ({ url }) => url },
      {
        title: 'STATUS',
        of: ({ enabled, failing_since }) => (!enabled ? 'disabled' : failing_since ? 'failing' : 'enabled'),
        style: ({ enabled, failing_since }) => (enabled && failing_since === null ? 'green' : 'red'),
      },
      { title: 'EVENTS', of: ({ event_types }) => event_types?.join(' ') ?? 'all' },
    ],
    options,
    terminal,
    nothing: 'There are no webhook endpoints. `sluice webhooks create` makes one.',
  })
}

type OneWebhook = ServerChoice & OutputOptions & { id: string }

export async function showWebhook(options: OneWebhook, terminal: Terminal): Promise<void> {
  const params = { path: { id: options.id } }
  const endpoint = await dataOf(openServer(options, terminal).GET('/v1/webhook_endpoints/{id}', { params }))
  await printRecord(endpoint, options, terminal)
}

type CreateOptions = ServerChoice & OutputOptions & { url: string; description: string | undefined; type: string[] }

export async function createWebhook(options: CreateOptions, terminal: Terminal): Promise<void> {
  const { url, description } = options
  // The server checks the types.
  const event_types = options.type.length > 0 ? (options.type as EventType[]) : null
  const body = { url, event_types, ...(description !== undefined && { description }) }
  const endpoint = await dataOf(openServer(options, terminal).POST('/v1/webhook_endpoints', { body }))
  if (options.json) return await terminal.print(printableJson(endpoint))
  if (options.quiet) return await terminal.print(printable(endpoint.secret))
  await terminal.print(`id      ${endpoint.id}`)
  await terminal.print(`secret  ${printable(endpoint.secret)}`)
  terminal.tell('The secret is shown this once. It verifies the signature of what is sent.')
}

export async function testWebhook(options: OneWebhook, terminal: Terminal): Promise<void> {
  const params = { path: { id: options.id } }
  const delivery = await dataOf(openServer(options, terminal).POST('/v1/webhook_endpoints/{id}/test', { params }))
  await printRecord(delivery, options, terminal)
}

type DeleteOptions = ServerChoice & ReportOptions & { id: string; yes: boolean }

export async function deleteWebhook(options: DeleteOptions, terminal: Terminal): Promise<void> {
  const client = openServer(options, terminal)
  const params = { path: { id: options.id } }
  const { url } = await dataOf(client.GET('/v1/webhook_endpoints/{id}', { params }))
  await confirmed(`Send no more events to ${url}?`, options, terminal)
  await dataOf(client.DELETE('/v1/webhook_endpoints/{id}', { params }))
  await report({ id: options.id, deleted: true }, `No more events go to ${printable(url)}.`, options, terminal)
}

type DeliveryOptions = ServerChoice & ListOptions & { endpoint: string | undefined }

export async function listDeliveries(options: DeliveryOptions, terminal: Terminal): Promise<void> {
  const client = openServer(options, terminal)
  const filter = { ...(options.endpoint !== undefined && { endpoint_id: options.endpoint }) }
  await printPages(
    (page) => dataOf(client.GET('/v1/webhook_deliveries', { params: { query: { ...page, ...filter } } })),
    {
      columns: [
        { title: 'ID', of: ({ id }) => id },
        { title: 'EVENT', of: ({ event_id }) => event_id },
        {
          title: 'STATUS',
          of: ({ status }) => status,
          style: ({ status }) => (status === 'delivered' ? 'green' : status === 'failed' ? 'red' : null),
        },
        { title: 'ATTEMPTS', of: ({ attempts }) => attempts },
        { title: 'ANSWER', of: ({ response_status, error_code }) => response_status ?? error_code },
        { title: 'NEXT ATTEMPT', of: ({ next_attempt_at }) => next_attempt_at },
      ],
      options,
      terminal,
      nothing: 'Nothing was sent.',
    },
  )
}
