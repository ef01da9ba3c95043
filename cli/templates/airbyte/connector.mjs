// An Airbyte source: a command a process, arguments are files, one JSON message a line on stdout.
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'

const ORIGIN = process.env.API_ORIGIN ?? 'http://localhost:16970'
const STREAMS = ['customers', 'orders']

const CONNECTION_SPECIFICATION = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: '__TITLE__',
  type: 'object',
  required: ['access_token'],
  properties: {
    access_token: { type: 'string', title: 'Access token', description: 'A token of the API.', airbyte_secret: true },
  },
}

const commands = {
  spec: () =>
    say('SPEC', 'spec', {
      documentationUrl: 'https://example.com/__NAME__',
      connectionSpecification: CONNECTION_SPECIFICATION,
    }),
  async check({ config }) {
    const failed = await get('/api/me', config).catch((error) => error)
    // A check that fails is no fault of the connector: it exits with 0.
    const refused = failed instanceof Error ? { status: 'FAILED', message: failed.message } : { status: 'SUCCEEDED' }
    say('CONNECTION_STATUS', 'connectionStatus', refused)
  },
  async discover({ config }) {
    await get('/api/me', config)
    const streams = STREAMS.map((name) => ({
      name,
      json_schema: { type: 'object', properties: { id: { type: 'string' } } },
      supported_sync_modes: ['full_refresh', 'incremental'],
      source_defined_cursor: true,
      default_cursor_field: ['updated_at'],
      source_defined_primary_key: [['id']],
    }))
    say('CATALOG', 'catalog', { streams })
  },
  async read({ config, catalog, state }) {
    for (const { stream } of catalog.streams) {
      const descriptor = { name: stream.name }
      status(descriptor, 'STARTED')
      const since = state?.find((message) => message.stream?.stream_descriptor.name === stream.name)?.stream
        .stream_state?.since
      let newest = since
      let cursor
      do {
        const page = await get(`/api/${stream.name}`, config, { limit: 100, cursor, updated_since: since })
        for (const data of page.data) {
          say('RECORD', 'record', { stream: stream.name, data, emitted_at: Date.now() })
          newest = data.updated_at
        }
        cursor = page.next_cursor
      } while (cursor)
      say('STATE', 'state', {
        type: 'STREAM',
        stream: { stream_descriptor: descriptor, stream_state: { since: newest } },
      })
      status(descriptor, 'COMPLETE')
    }
  },
}

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { config: { type: 'string' }, catalog: { type: 'string' }, state: { type: 'string' } },
})
const files = Object.fromEntries(
  Object.entries(values).map(([name, path]) => [name, JSON.parse(readFileSync(path, 'utf8'))]),
)
try {
  const command = commands[positionals[0]]
  if (!command) throw new Error('usage: spec | check | discover | read')
  await command(files)
} catch (error) {
  say('TRACE', 'trace', {
    type: 'ERROR',
    emitted_at: Date.now(),
    error: { message: error.message, failure_type: 'system_error' },
  })
  process.exitCode = 1
}

async function get(path, { access_token }, query = {}) {
  const url = new URL(path, ORIGIN)
  for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, value)
  const response = await fetch(url, { headers: { authorization: `Bearer ${access_token}` } })
  if (!response.ok) throw new Error(`${path} answered ${response.status}`)
  return await response.json()
}

function say(type, key, body) {
  process.stdout.write(`${JSON.stringify({ type, [key]: body })}\n`)
}

function status(stream_descriptor, word) {
  const stream_status = { stream_descriptor, status: word }
  say('TRACE', 'trace', { type: 'STREAM_STATUS', emitted_at: Date.now(), stream_status })
}
