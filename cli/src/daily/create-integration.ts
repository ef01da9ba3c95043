import { password } from '@clack/prompts'
import { dataOf, type paths } from '@sluice/client'
import { answered } from '../ask.ts'
import { CliError } from '../cli-error.ts'
import type { OutputOptions } from '../output/output-options.ts'
import { printRecord } from '../output/print-records.ts'
import type { ServerChoice } from '../profiles/choose-login.ts'
import { readJsonFields } from '../read-json-fields.ts'
import { openServer } from '../server/open-server.ts'
import type { Terminal } from '../terminal.ts'

type NewIntegration = NonNullable<paths['/v1/integrations']['post']['requestBody']>['content']['application/json']

interface CreateOptions extends ServerChoice, OutputOptions {
  connector: string
  clientId: string | undefined
  clientSecretStdin: boolean
  public: boolean
  name: string | undefined
  issuer: string | undefined
  scope: string[]
  file: string | undefined
}

export async function createIntegration(options: CreateOptions, terminal: Terminal): Promise<void> {
  const client = openServer(options, terminal)
  const body = await integrationOf(options, terminal)
  const integration = await dataOf(client.POST('/v1/integrations', { body }))
  await printRecord(integration, options, terminal)
  terminal.tell(`Register exactly this redirect URI at the provider:\n  ${integration.redirect_uri}`)
}

async function integrationOf(options: CreateOptions, terminal: Terminal): Promise<NewIntegration> {
  const further = options.file === undefined ? {} : await readJsonFields<NewIntegration>(options.file)
  const client_id = options.clientId ?? further.client_id
  if (client_id === undefined) {
    throw new CliError('usage', '--client-id is missing.', {
      next_action: 'Add --client-id, or client_id to the file.',
    })
  }
  const client_secret = await clientSecret(options, further, terminal)
  return {
    ...further,
    connector_id: options.connector,
    client_id,
    ...(client_secret !== null && { client_secret }),
    ...(options.name !== undefined && { name: options.name }),
    ...(options.issuer !== undefined && { issuer: options.issuer }),
    ...(options.scope.length > 0 && { scopes: options.scope }),
  }
}

async function clientSecret(options: CreateOptions, further: Partial<NewIntegration>, terminal: Terminal) {
  if (options.public) return null
  if (options.clientSecretStdin) return (await terminal.readInput()).replace(/\r?\n$/, '')
  if (further.client_secret !== undefined) return further.client_secret
  if (further.signing_key !== undefined || further.client_certificate !== undefined) return null
  if (terminal.env.SLUICE_CLIENT_SECRET) return terminal.env.SLUICE_CLIENT_SECRET
  if (terminal.can_ask) {
    const { signal } = terminal
    return answered(await password({ message: 'Client secret', output: process.stderr, signal }))
  }
  throw new CliError('usage', 'There is no client secret.', {
    next_action: 'Pipe it to --client-secret-stdin, set SLUICE_CLIENT_SECRET, or say --public when there is none.',
  })
}
