// A tap for the lab's demo shop that follows the Singer specification to the letter, rotation included: it spends its
// refresh token at every start, discovery too, and rewrites its config file before it makes its first call.
import { readFileSync, writeFileSync } from 'node:fs'
import { refreshAtLab } from '../lab-token.ts'
import { connectLabApi, type LabApi } from '../source-lab/lab-api.ts'
import { CATALOG, type Catalog, isSelected } from './catalog.ts'

interface Config {
  client_id: string
  client_secret: string
  refresh_token: string
  access_token?: string
  page_size?: number
}

interface State {
  bookmarks: Record<string, { updated_at?: string }>
  currently_syncing?: string | null
}

const origin = process.env.LAB_ORIGIN ?? 'http://localhost:16970'

async function main(args: readonly string[]): Promise<void> {
  const path = optionOf(args, '--config')
  if (path === null) return usage('the following arguments are required: -c/--config')
  const config = load<Config>(path)
  const fresh = await refreshAtLab(origin, {
    client_id: config.client_id,
    client_secret: config.client_secret,
    refresh_token: config.refresh_token,
  })
  config.access_token = fresh.access_token
  config.refresh_token = fresh.refresh_token ?? config.refresh_token
  // In place and not atomically, as no tap does it otherwise.
  writeFileSync(path, JSON.stringify(config, null, 2))

  if (args.includes('--discover')) {
    process.stdout.write(JSON.stringify(CATALOG, null, 2))
    return
  }
  const catalog = optionOf(args, '--catalog') ?? optionOf(args, '--properties')
  const state = optionOf(args, '--state')
  const selected = (catalog === null ? CATALOG : load<Catalog>(catalog)).streams.filter(isSelected)
  await sync(
    connectLabApi(origin, fresh.access_token),
    config,
    selected.map(({ tap_stream_id }) => tap_stream_id),
    state === null ? { bookmarks: {} } : load<State>(state),
  )
}

async function sync(api: LabApi, config: Config, streams: readonly string[], state: State): Promise<void> {
  for (const stream of streams) {
    const known = CATALOG.streams.find(({ tap_stream_id }) => tap_stream_id === stream)
    if (!known) throw new Error(`There is no stream ${stream}.`)
    state.currently_syncing = stream
    // Before the schema, as taps do that tell what they are at.
    say({ type: 'STATE', value: state })
    say({
      type: 'SCHEMA',
      stream,
      schema: known.schema,
      key_properties: known.key_properties,
      bookmark_properties: ['updated_at'],
    })
    const version = known.replication_method === 'FULL_TABLE' ? Date.now() : null
    const since = version === null ? state.bookmarks[stream]?.updated_at : undefined
    let cursor = ''
    let count = 0
    do {
      const page = await api.page(stream, {
        limit: String(config.page_size ?? 100),
        ...(cursor && { cursor }),
        ...(since && { updated_since: since }),
      })
      for (const record of page.data) {
        say({
          type: 'RECORD',
          stream,
          record,
          time_extracted: new Date().toISOString(),
          ...(version !== null && { version }),
        })
        state.bookmarks[stream] = { updated_at: record.updated_at }
      }
      count += page.data.length
      say({ type: 'state', value: state })
      cursor = page.next_cursor ?? ''
    } while (cursor !== '')
    if (version !== null) say({ type: 'ACTIVATE_VERSION', stream, version })
    process.stderr.write(
      `INFO METRIC: ${JSON.stringify({ type: 'counter', metric: 'record_count', value: count, tags: { endpoint: stream } })}\n`,
    )
  }
  state.currently_syncing = null
  say({ type: 'STATE', value: state })
}

function say(message: object): void {
  process.stdout.write(`${JSON.stringify(message)}\n`)
}

function optionOf(args: readonly string[], option: string): string | null {
  const index = args.indexOf(option)
  return index === -1 ? null : (args[index + 1] ?? null)
}

function load<T>(path: string): T {
  return JSON.parse(readFileSync(path, 'utf8')) as T
}

function usage(problem: string): void {
  process.stderr.write(`usage: singer-tap-lab [-h] -c CONFIG [-s STATE] [--catalog CATALOG] [-d]\n${problem}\n`)
  process.exitCode = 2
}

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`CRITICAL ${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
})
