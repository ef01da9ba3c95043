// A connector that works for longer than its token lives, in the words of the protocol that its argument names. It takes
// the token from where Sluice keeps it valid, before every call: its config file, or the lease's endpoint. It fails at the
// first call that is refused, and tells in its last document how many tokens it has met.
import { readFileSync, writeFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'

const { LAB_ORIGIN = '', SLUICE_LEASE = '', PATIENT_SECONDS = '12', PATIENT_GATE = '' } = process.env
const [protocol, ...args] = process.argv.slice(2)
const PAUSE_MS = 150

const credentials = {
  type: 'object',
  title: 'Authentication',
  'x-oauth2-provider': 'acme',
  properties: {
    access_token: { type: 'string', secret: true, airbyte_secret: true },
    refresh_token: { type: 'string', secret: true, airbyte_secret: true },
    access_token_expires_at: { type: 'string' },
    token_expiry_date: { type: 'string' },
  },
}
const schema = { type: 'object', title: 'Patient', properties: { credentials } }
const documents = { type: 'object', properties: { calls: { type: 'integer' }, tokens: { type: 'integer' } } }
const print = (message: object) => process.stdout.write(`${JSON.stringify(message)}\n`)

interface Config {
  client_id?: string
  client_secret?: string
  refresh_token?: string
  access_token?: string
  credentials?: { access_token?: string }
}

interface Catalog {
  streams: { tap_stream_id: string; schema: { selected?: boolean } }[]
}

function tokenOf(path: string): string {
  const config = JSON.parse(readFileSync(path, 'utf8')) as Config
  return config.access_token ?? config.credentials?.access_token ?? ''
}

async function leasedToken(): Promise<string> {
  const { url, authorization } = JSON.parse(readFileSync(SLUICE_LEASE, 'utf8'))
  const answer = (await (await fetch(url, { headers: { authorization } })).json()) as { access_token: string }
  return answer.access_token
}

async function work(token: () => string | Promise<string>) {
  const met = new Set<string>()
  const end = performance.now() + Number(PATIENT_SECONDS) * 1000
  let calls = 0
  while (performance.now() < end) {
    const current = await token()
    const { status } = await fetch(`${LAB_ORIGIN}/api/me`, { headers: { authorization: `Bearer ${current}` } })
    if (status !== 200) throw new Error(`The API answered ${status} to call ${calls} with token ${met.size}.`)
    met.add(current)
    calls += 1
    await delay(PAUSE_MS)
  }
  return { calls, tokens: met.size }
}

async function speakFlow() {
  for await (const line of createInterface({ input: process.stdin })) {
    const request = JSON.parse(line) as Record<string, unknown>
    const binding = {
      recommendedName: 'work',
      resourceConfig: { name: 'work' },
      documentSchema: documents,
      key: ['/calls'],
    }
    const spec = { protocol: 3032023, configSchema: schema, resourceConfigSchema: {}, resourcePathPointers: ['/name'] }
    if (request.spec) print({ spec: { ...spec, documentationUrl: LAB_ORIGIN } })
    if (request.discover) print({ discovered: { bindings: [{ ...binding, resourcePath: ['work'] }] } })
    if (request.validate) print({ validated: { bindings: [{ resourcePath: ['work'] }] } })
    if (request.apply) print({ applied: { actionDescription: '' } })
    if (!request.open) continue
    print({ opened: { explicitAcknowledgements: false } })
    print({ captured: { binding: 0, doc: await work(leasedToken) } })
    print({ checkpoint: { state: { updated: { done: true }, mergePatch: true } } })
    return process.exit(0)
  }
}

const argument = (option: string) => args[args.indexOf(option) + 1] ?? ''

async function speakAirbyte() {
  const [operation] = args
  const kept = (name: string) => ({ type: 'string', path_in_connector_config: ['credentials', name] })
  const output = { access_token: kept('access_token'), token_expiry_date: kept('token_expiry_date') }
  const oauth = { complete_oauth_output_specification: { type: 'object', properties: output } }
  const advanced_auth = { auth_flow_type: 'oauth2.0', oauth_config_specification: oauth }
  const stream = { name: 'work', json_schema: documents, supported_sync_modes: ['full_refresh'] }
  if (operation === 'spec') return print({ type: 'SPEC', spec: { connectionSpecification: schema, advanced_auth } })
  if (operation === 'check') return print({ type: 'CONNECTION_STATUS', connectionStatus: { status: 'SUCCEEDED' } })
  if (operation === 'discover') return print({ type: 'CATALOG', catalog: { streams: [stream] } })
  const status = (value: string) => {
    const stream_status = { stream_descriptor: { name: 'work' }, status: value }
    print({ type: 'TRACE', trace: { type: 'STREAM_STATUS', emitted_at: Date.now(), stream_status } })
  }
  status('STARTED')
  const data = await work(() => tokenOf(argument('--config')))
  print({ type: 'RECORD', record: { stream: 'work', data, emitted_at: Date.now() } })
  status('COMPLETE')
}

/** Spends the refresh token of its config by itself, and writes what it got there. */
async function rotate(path: string) {
  const config = JSON.parse(readFileSync(path, 'utf8')) as Config
  const { client_id = '', client_secret = '', refresh_token = '' } = config
  const body = new URLSearchParams({ grant_type: 'refresh_token', client_id, client_secret, refresh_token })
  const response = await fetch(`${LAB_ORIGIN}/token`, { method: 'POST', body })
  const { access_token, refresh_token: next } = (await response.json()) as Config
  if (response.status !== 200) throw new Error(`The refresh token was refused with ${response.status}.`)
  writeFileSync(path, JSON.stringify({ ...config, access_token, refresh_token: next }))
}

async function speakSinger() {
  const stream = (name: string) => ({ tap_stream_id: name, stream: name, schema: documents, key_properties: ['calls'] })
  const streams = ['work', 'rotate'].map(stream)
  if (args.includes('--about')) {
    const settings = { type: 'object', properties: credentials.properties }
    return print({ name: 'patient', description: '', version: '1', capabilities: [], settings })
  }
  if (args.includes('--discover')) return print({ streams })
  const catalog = JSON.parse(readFileSync(argument('--catalog'), 'utf8')) as Catalog
  const name = catalog.streams.find(({ schema }) => schema.selected)?.tap_stream_id ?? ''
  print({ type: 'SCHEMA', ...stream(name) })
  // Whoever only wants to see whether it works waits for a record.
  print({ type: 'RECORD', stream: name, record: { calls: 0, tokens: 0 } })
  if (name === 'rotate') {
    if (PATIENT_GATE) await fetch(`${PATIENT_GATE}/before`)
    await rotate(argument('--config'))
    if (PATIENT_GATE) await fetch(`${PATIENT_GATE}/after`)
  }
  print({ type: 'RECORD', stream: name, record: await work(() => tokenOf(argument('--config'))) })
  print({ type: 'STATE', value: { done: true } })
}

const speak = { flow: speakFlow, airbyte: speakAirbyte, singer: speakSinger }[protocol ?? '']
await speak?.()
