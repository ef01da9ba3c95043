import { dataOf } from '@sluice/client'
import { confirmed } from '../ask.ts'
import type { ListOptions, OutputOptions, ReportOptions } from '../output/output-options.ts'
import { printPages, printRecord } from '../output/print-records.ts'
import { report } from '../output/report.ts'
import { printable, printableJson } from '../printable.ts'
import type { ServerChoice } from '../profiles/choose-login.ts'
import { openServer } from '../server/open-server.ts'
import type { Terminal } from '../terminal.ts'

export async function listTenants(options: ServerChoice & ListOptions, terminal: Terminal): Promise<void> {
  const client = openServer(options, terminal)
  await printPages((query) => dataOf(client.GET('/v1/tenants', { params: { query } })), {
    columns: [
      { title: 'ID', of: ({ id }) => id },
      { title: 'NAME', of: ({ name }) => name },
      { title: 'CREATED', of: ({ created_at }) => created_at },
    ],
    options,
    terminal,
    nothing: 'There are no tenants.',
  })
}

export async function showTenant(options: ServerChoice & OutputOptions & { id: string }, terminal: Terminal) {
  const params = { path: { id: options.id } }
  await printRecord(await dataOf(openServer(options, terminal).GET('/v1/tenants/{id}', { params })), options, terminal)
}

export async function createTenant(options: ServerChoice & OutputOptions & { name: string }, terminal: Terminal) {
  const { name } = options
  const tenant = await dataOf(openServer(options, terminal).POST('/v1/tenants', { body: { name } }))
  if (options.json) return await terminal.print(printableJson(tenant))
  if (options.quiet) return await terminal.print(printable(tenant.api_key.key))
  await terminal.print(`tenant  ${tenant.id}`)
  await terminal.print(`key     ${printable(tenant.api_key.key)}`)
  terminal.tell('The key is shown this once. Keep it where secrets are kept.')
}

type RenameOptions = ServerChoice & OutputOptions & { id: string; name: string }

export async function renameTenant(options: RenameOptions, terminal: Terminal): Promise<void> {
  const call = { params: { path: { id: options.id } }, body: { name: options.name } }
  await printRecord(await dataOf(openServer(options, terminal).PATCH('/v1/tenants/{id}', call)), options, terminal)
}

type DeleteOptions = ServerChoice & ReportOptions & { id: string; withConnections: boolean; yes: boolean }

export async function deleteTenant(options: DeleteOptions, terminal: Terminal): Promise<void> {
  const { id, withConnections } = options
  const client = openServer(options, terminal)
  const { name } = await dataOf(client.GET('/v1/tenants/{id}', { params: { path: { id } } }))
  const also = withConnections ? ' and its connections' : ''
  const query = { connections: withConnections ? ('delete' as const) : ('keep' as const) }
  await confirmed(`Delete the tenant “${name}”${also} for good?`, options, terminal)
  await dataOf(client.DELETE('/v1/tenants/{id}', { params: { path: { id }, query } }))
  await report({ id, deleted: true }, `The tenant “${printable(name)}” is deleted.`, options, terminal)
}
