import { dataOf, type Run, type RunSummary, type SluiceClient } from '@sluice/client'
import type { ListOptions, OutputOptions } from '../../output/output-options.ts'
import { printPages } from '../../output/print-records.ts'
import { printable, printableJson } from '../../printable.ts'
import type { ServerChoice } from '../../profiles/choose-login.ts'
import { readJsonFields } from '../../read-json-fields.ts'
import { openServer } from '../../server/open-server.ts'
import type { Terminal } from '../../terminal.ts'
import { concludeRun, printRun } from './conclude-run.ts'
import { followRun } from './follow-run.ts'
import { runTeller } from './tell-run.ts'

type OneRun = ServerChoice & OutputOptions & { id: string }

interface StartOptions extends ServerChoice, OutputOptions {
  operation: string
  connection: string
  target: string | undefined
  maxDocuments: number | undefined
  toFile: boolean
  dryRun: boolean
  state: string | undefined
  wait: boolean
}

/** Starts a run and, unless told not to wait, follows it to its end. */
export async function startRun(options: StartOptions, terminal: Terminal): Promise<void> {
  const { target, maxDocuments, toFile, dryRun, state } = options
  const client = openServer(options, terminal)
  const body = {
    connection_id: options.connection,
    operation: options.operation as Run['operation'], // the server checks it, and lists those that there are
    dry_run: dryRun,
    documents: toFile ? ('file' as const) : ('sample' as const),
    ...(target !== undefined && { target_connection_id: target }),
    ...(maxDocuments !== undefined && { max_documents: maxDocuments }),
    ...(state !== undefined && { state: await readJsonFields<Record<string, never>>(state) }),
  }
  const started = await dataOf(client.POST('/v1/runs', { body }))
  if (!options.wait) return await printRun(started, options, terminal)
  terminal.note(`Run ${started.id} has started.`)
  await follow(client, started.id, { ...options, max_documents: maxDocuments ?? null }, terminal)
}

export async function watchRun(options: OneRun, terminal: Terminal): Promise<void> {
  await follow(openServer(options, terminal), options.id, { ...options, max_documents: null }, terminal)
}

type Following = OutputOptions & { max_documents: number | null }

async function follow(client: SluiceClient, id: string, options: Following, terminal: Terminal): Promise<void> {
  try {
    const run = await followRun(client, id, runTeller(options, terminal), terminal)
    terminal.status(null)
    await concludeRun(run, options, terminal)
  } catch (error) {
    terminal.status(null)
    if (terminal.signal.aborted) terminal.note(`The run goes on at the server. To end it: sluice runs cancel ${id}`)
    throw error
  }
}

export async function showRun(options: OneRun, terminal: Terminal): Promise<void> {
  const params = { path: { id: options.id } }
  await printRun(await dataOf(openServer(options, terminal).GET('/v1/runs/{id}', { params })), options, terminal)
}

/** Asks for the end of a run, and waits for it. */
export async function cancelRun(options: OneRun, terminal: Terminal): Promise<void> {
  const client = openServer(options, terminal)
  await dataOf(client.POST('/v1/runs/{id}:cancel', { params: { path: { id: options.id } } }))
  await printRun(await followRun(client, options.id, () => {}, terminal), options, terminal)
}

type LogOptions = ServerChoice & OutputOptions & { id: string; follow: boolean }

/** What the connector said, redacted by the server. */
export async function printLogs({ id, follow, json, quiet, ...choice }: LogOptions, terminal: Terminal): Promise<void> {
  const client = openServer(choice, terminal)
  const print = async (log: { at?: unknown; level?: unknown; message?: unknown }) => {
    if (quiet && log.level !== 'warn' && log.level !== 'error') return
    await terminal.print(json ? printableJson(log) : printable(`${log.at} ${log.level} ${log.message}`))
  }
  if (follow) {
    const told = ({ type, data }: { type: string; data: object }) => (type === 'log' ? print(data) : undefined)
    await followRun(client, id, told, terminal)
    return
  }
  const { logs } = await dataOf(client.GET('/v1/runs/{id}', { params: { path: { id } } }))
  for (const log of logs) await print(log)
}

interface RunFilter {
  connection: string | undefined
  status: string | undefined
  operation: string | undefined
}

const STYLES = { queued: 'dim', running: 'cyan', succeeded: 'green', failed: 'red', cancelled: 'dim' } as const

export async function listRuns(options: ServerChoice & ListOptions & RunFilter, terminal: Terminal): Promise<void> {
  const client = openServer(options, terminal)
  const { connection, status, operation } = options
  // The server checks status and operation.
  const filter = {
    ...(connection !== undefined && { connection_id: connection }),
    ...(status !== undefined && { status: status as Run['status'] }),
    ...(operation !== undefined && { operation: operation as Run['operation'] }),
  }
  await printPages<RunSummary>(
    (page) => dataOf(client.GET('/v1/runs', { params: { query: { ...page, ...filter } } })),
    {
      columns: [
        { title: 'ID', of: ({ id }) => id },
        { title: 'CONNECTION', of: ({ connection_id }) => connection_id },
        { title: 'OPERATION', of: ({ operation }) => operation },
        { title: 'STATUS', of: ({ status }) => status, style: ({ status }) => STYLES[status] },
        { title: 'DOCUMENTS', of: ({ document_count }) => document_count },
        { title: 'STARTED', of: ({ created_at }) => created_at },
        { title: 'ERROR', of: ({ error_code }) => error_code ?? '' },
      ],
      options,
      terminal,
      nothing: 'There are no such runs.',
    },
  )
}
