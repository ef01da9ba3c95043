import { dataOf, type paths } from '@sluice/client'
import { confirmed } from '../ask.ts'
import { CliError } from '../cli-error.ts'
import type { OutputOptions, ReportOptions } from '../output/output-options.ts'
import { printRecord } from '../output/print-records.ts'
import { report } from '../output/report.ts'
import { printable } from '../printable.ts'
import type { ServerChoice } from '../profiles/choose-login.ts'
import { readJsonFields } from '../read-json-fields.ts'
import { openServer } from '../server/open-server.ts'
import type { Terminal } from '../terminal.ts'

type Changes = NonNullable<paths['/v1/integrations/{id}']['patch']['requestBody']>['content']['application/json']

interface ChangeOptions extends ServerChoice, OutputOptions {
  id: string
  clientSecretStdin: boolean
  name: string | undefined
  file: string | undefined
}

export async function changeIntegration(options: ChangeOptions, terminal: Terminal): Promise<void> {
  const { id, clientSecretStdin, name, file } = options
  const client = openServer(options, terminal)
  const body: Changes = {
    ...(file !== undefined && (await readJsonFields<Changes>(file))),
    ...(clientSecretStdin && { client_secret: (await terminal.readInput()).replace(/\r?\n$/, '') }),
    ...(name !== undefined && { name }),
  }
  if (Object.keys(body).length === 0) {
    const next_action = 'Add --client-secret-stdin, --name or --file.'
    throw new CliError('usage', 'There is nothing to change.', { next_action })
  }
  await printRecord(
    await dataOf(client.PATCH('/v1/integrations/{id}', { params: { path: { id } }, body })),
    options,
    terminal,
  )
}

type DeleteOptions = ServerChoice & ReportOptions & { id: string; yes: boolean }

export async function deleteIntegration(options: DeleteOptions, terminal: Terminal): Promise<void> {
  const client = openServer(options, terminal)
  const params = { path: { id: options.id } }
  const { name, connector_id } = await dataOf(client.GET('/v1/integrations/{id}', { params }))
  await confirmed(`Delete the integration “${name}” for ${connector_id}?`, options, terminal)
  await dataOf(client.DELETE('/v1/integrations/{id}', { params }))
  const done = { id: options.id, deleted: true }
  await report(done, printable(`Deleted the integration “${name}”.`), options, terminal)
}
