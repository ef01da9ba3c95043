// What prints secrets: masked unless it is asked for, or into a file that only its owner may read.
import { dataOf } from '@sluice/client'
import { confirmed } from '../../ask.ts'
import { CliError } from '../../cli-error.ts'
import { printableJson } from '../../printable.ts'
import { openPrivateFile } from '../../private-file.ts'
import type { ServerChoice } from '../../profiles/choose-login.ts'
import { openServer } from '../../server/open-server.ts'
import type { Terminal } from '../../terminal.ts'

interface Reveal {
  id: string
  showSecrets: boolean
  output: string | undefined
}

/** Fresh credentials, as the connector would get them. */
export async function readCredentials(options: ServerChoice & Reveal, terminal: Terminal): Promise<void> {
  const client = openServer(options, terminal)
  const params = { path: { id: options.id } }
  await reveal(() => dataOf(client.GET('/v1/connections/{id}/credentials', { params })), options, terminal)
}

type ExportOptions = ServerChoice & Reveal & { keepRefreshing: boolean; yes: boolean }

/** Config and tokens, to be taken elsewhere. @throws CliError `usage` when they would go nowhere */
export async function exportConnection(options: ExportOptions, terminal: Terminal): Promise<void> {
  const { id, keepRefreshing, showSecrets, output } = options
  if (output === undefined && !showSecrets) {
    const next_action = 'Add --output <file>, or --show-secrets for stdout.'
    throw new CliError('usage', 'An export is its secrets: say where they go.', { next_action })
  }
  const client = openServer(options, terminal)
  if (!keepRefreshing) {
    await confirmed(`Hand the connection ${id} over? It rests here from now on, as disabled.`, options, terminal)
  }
  const call = { params: { path: { id } }, body: { disable: !keepRefreshing } }
  await reveal(() => dataOf(client.POST('/v1/connections/{id}/export', call)), options, terminal)
}

/** The file is opened before anything is asked for, so that nothing is given out that cannot be kept. */
async function reveal(read: () => Promise<object>, { output, showSecrets }: Reveal, terminal: Terminal): Promise<void> {
  if (output === undefined) {
    const secrets = await read()
    await terminal.print(printableJson(showSecrets ? secrets : masked(secrets)))
    if (!showSecrets) terminal.note('Secrets are masked: --show-secrets prints them, --output <file> writes them.')
    return
  }
  const file = await openPrivateFile(output)
  try {
    await file.write(`${JSON.stringify(await read(), null, 2)}\n`)
  } catch (error) {
    await file.abandon()
    throw error
  }
  terminal.note(`Written to ${output}, readable by you alone.`)
}

/** What is no secret; any other text is masked. */
const SHOWN = /(^|_)(id|at|version|scopes?|token_type|expires_in)$/

function masked(value: unknown, name = ''): unknown {
  if (SHOWN.test(name)) return value
  if (Array.isArray(value)) return value.map((item) => masked(item))
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, masked(item, key)]))
  }
  return typeof value === 'string' && value !== '' ? '********' : value
}
