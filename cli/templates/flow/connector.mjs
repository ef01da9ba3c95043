// A capture in Estuary Flow's protocol: one JSON message a line on stdin and stdout, logs as JSON on stderr.
import { createInterface } from 'node:readline'

const ORIGIN = process.env.API_ORIGIN ?? 'http://localhost:16970'
const STREAMS = ['customers', 'orders']

const CONFIG_SCHEMA = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: '__TITLE__',
  type: 'object',
  required: ['access_token'],
  properties: {
    access_token: { type: 'string', title: 'Access token', description: 'A token of the API.', secret: true },
  },
}
const RESOURCE_CONFIG_SCHEMA = {
  title: 'Stream',
  type: 'object',
  required: ['stream'],
  properties: { stream: { type: 'string', title: 'Stream', 'x-collection-name': true } },
}

const handlers = {
  spec: () =>
    say({
      spec: {
        protocol: 3032023,
        configSchema: CONFIG_SCHEMA,
        resourceConfigSchema: RESOURCE_CONFIG_SCHEMA,
        documentationUrl: 'https://example.com/__NAME__',
        resourcePathPointers: ['/stream'],
      },
    }),
  async discover({ config }) {
    await get('/api/me', config)
    const bindings = STREAMS.map((stream) => ({
      recommendedName: stream,
      resourceConfig: { stream },
      documentSchema: { type: 'object', required: ['id'], properties: { id: { type: 'string' } } },
      key: ['/id'],
      resourcePath: [stream],
    }))
    say({ discovered: { bindings } })
  },
  async validate({ config, bindings }) {
    await get('/api/me', config)
    say({ validated: { bindings: bindings.map(({ resourceConfig }) => ({ resourcePath: [resourceConfig.stream] })) } })
  },
  apply: () => say({ applied: { actionDescription: '' } }),
  async open({ capture, state }) {
    say({ opened: { explicitAcknowledgements: false } })
    const config = capture.config
    for (const [binding, { resourceConfig, stateKey }] of capture.bindings.entries()) {
      const since = state?.bindingStateV1?.[stateKey]?.since
      let newest = since
      let cursor
      do {
        const page = await get(`/api/${resourceConfig.stream}`, config, { limit: 100, cursor, updated_since: since })
        for (const doc of page.data) {
          say({ captured: { binding, doc } })
          newest = doc.updated_at
        }
        cursor = page.next_cursor
      } while (cursor)
      // What was captured is committed by the checkpoint that follows it.
      say({
        checkpoint: { state: { updated: { bindingStateV1: { [stateKey]: { since: newest } } }, mergePatch: true } },
      })
      log('info', `captured ${resourceConfig.stream}`)
    }
  },
}

for await (const line of createInterface({ input: process.stdin })) {
  const [[kind, message]] = Object.entries(JSON.parse(line))
  try {
    if (!handlers[kind]) throw new Error(`unknown request ${kind}`)
    await handlers[kind](message)
  } catch (error) {
    log('error', error.message)
    process.exit(1)
  }
  if (kind === 'open') break
}

async function get(path, { access_token }, query = {}) {
  const url = new URL(path, ORIGIN)
  for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, value)
  const response = await fetch(url, { headers: { authorization: `Bearer ${access_token}` } })
  if (!response.ok) throw new Error(`${path} answered ${response.status}`)
  return await response.json()
}

function say(message) {
  process.stdout.write(`${JSON.stringify(message)}\n`)
}

function log(level, message) {
  process.stderr.write(`${JSON.stringify({ level, msg: message, fields: {} })}\n`)
}
