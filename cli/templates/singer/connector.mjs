// A Singer tap: arguments are files, messages are JSON lines on stdout, logs go to stderr.
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'

const ORIGIN = process.env.API_ORIGIN ?? 'http://localhost:16970'
const STREAMS = ['customers', 'orders']
const SCHEMA = { type: 'object', properties: { id: { type: 'string' } } }
const SETTINGS = {
  type: 'object',
  required: ['access_token'],
  properties: {
    access_token: {
      type: 'string',
      title: 'Access token',
      description: 'A token of the API.',
      secret: true,
      writeOnly: true,
    },
  },
}

const { values } = parseArgs({
  options: {
    config: { type: 'string', short: 'c' },
    state: { type: 'string', short: 's' },
    catalog: { type: 'string' },
    discover: { type: 'boolean', short: 'd' },
    about: { type: 'boolean' },
    format: { type: 'string' },
  },
})

try {
  if (values.about) {
    const capabilities = ['catalog', 'state', 'discover', 'about']
    process.stdout.write(
      JSON.stringify({ name: '__NAME__', description: '__TITLE__', capabilities, settings: SETTINGS }),
    )
  } else if (!values.config) {
    process.stderr.write('the following arguments are required: -c/--config\n')
    process.exitCode = 2
  } else if (values.discover) await discover(load(values.config))
  else await sync(load(values.config), values.catalog ? load(values.catalog) : catalog(), load(values.state) ?? {})
} catch (error) {
  process.stderr.write(`CRITICAL ${error.message}\n`)
  process.exitCode = 1
}

async function discover(config) {
  await get('/api/me', config)
  process.stdout.write(JSON.stringify(catalog(), null, 2))
}

async function sync(config, { streams }, state) {
  const bookmarks = { ...state.bookmarks }
  for (const { tap_stream_id, metadata } of streams) {
    if (!metadata?.some(({ breadcrumb, metadata: said }) => breadcrumb.length === 0 && said.selected)) continue
    say({ type: 'SCHEMA', stream: tap_stream_id, schema: SCHEMA, key_properties: ['id'] })
    const since = bookmarks[tap_stream_id]?.updated_at
    let cursor
    do {
      const page = await get(`/api/${tap_stream_id}`, config, { limit: 100, cursor, updated_since: since })
      for (const record of page.data) {
        say({ type: 'RECORD', stream: tap_stream_id, record })
        bookmarks[tap_stream_id] = { updated_at: record.updated_at }
      }
      cursor = page.next_cursor
    } while (cursor)
    say({ type: 'STATE', value: { bookmarks } })
    process.stderr.write(`INFO read ${tap_stream_id}\n`)
  }
}

function catalog() {
  const streams = STREAMS.map((name) => ({
    tap_stream_id: name,
    stream: name,
    schema: SCHEMA,
    key_properties: ['id'],
    metadata: [
      {
        breadcrumb: [],
        metadata: { inclusion: 'available', 'table-key-properties': ['id'], 'valid-replication-keys': ['updated_at'] },
      },
    ],
  }))
  return { streams }
}

async function get(path, { access_token }, query = {}) {
  const url = new URL(path, ORIGIN)
  for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, value)
  const response = await fetch(url, { headers: { authorization: `Bearer ${access_token}` } })
  if (!response.ok) throw new Error(`${path} answered ${response.status}`)
  return await response.json()
}

function load(path) {
  return path === undefined ? undefined : JSON.parse(readFileSync(path, 'utf8'))
}

function say(message) {
  process.stdout.write(`${JSON.stringify(message)}\n`)
}
