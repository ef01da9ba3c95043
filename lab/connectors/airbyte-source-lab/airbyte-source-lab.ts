// A source for the lab's demo shop that speaks Airbyte's protocol v0 to the letter. It refreshes its token when the
// expiry in its config has passed, and tells of the rotation by CONTROL before it makes the call that may then fail.
import { readFileSync } from 'node:fs'
import { refreshAtLab } from '../lab-token.ts'
import { connectLabApi, type LabApi } from '../source-lab/lab-api.ts'
import { CATALOG, type StreamName } from './catalog.ts'
import { type Config, SPEC } from './spec.ts'
import { openState, type StateKind } from './state.ts'

const origin = process.env.LAB_ORIGIN ?? 'http://localhost:16970'

interface ConfiguredCatalog {
  streams: { stream: { name: StreamName }; sync_mode: string }[]
}

async function main([operation, ...args]: string[]): Promise<void> {
  if (operation === 'spec') return say('SPEC', { spec: SPEC })
  const config = load<Config>(args, '--config')
  const api = await connect(config)
  if (operation === 'check') {
    try {
      await api.me()
      say('CONNECTION_STATUS', { connectionStatus: { status: 'SUCCEEDED' } })
    } catch (error) {
      // A failed check is no failed process: it exits 0.
      say('CONNECTION_STATUS', { connectionStatus: { status: 'FAILED', message: messageOf(error) } })
    }
  } else if (operation === 'discover') {
    say('CATALOG', { catalog: CATALOG })
  } else if (operation === 'read') {
    const catalog = load<ConfiguredCatalog>(args, '--catalog')
    await read(api, config, catalog, args.includes('--state') ? load(args, '--state') : null)
  } else {
    throw new Error(`usage: spec | check | discover | read, not ${operation}`)
  }
}

async function connect(config: Config): Promise<LabApi> {
  const { credentials } = config
  if (Date.parse(credentials.token_expiry_date ?? '') > Date.now() && credentials.access_token) {
    return connectLabApi(origin, credentials.access_token)
  }
  const { client_id, client_secret, refresh_token } = credentials
  const fresh = await refreshAtLab(origin, { client_id, client_secret, refresh_token })
  credentials.access_token = fresh.access_token
  credentials.refresh_token = fresh.refresh_token ?? refresh_token
  credentials.token_expiry_date = fresh.expires_at
  say('CONTROL', { control: { type: 'CONNECTOR_CONFIG', emitted_at: Date.now(), connectorConfig: { config } } })
  return connectLabApi(origin, fresh.access_token)
}

async function read(api: LabApi, config: Config, catalog: ConfiguredCatalog, given: unknown): Promise<void> {
  const kind: StateKind = config.state_kind ?? 'stream'
  const state = openState(kind, given)
  for (const { stream, sync_mode } of catalog.streams) {
    const { name } = stream
    status(name, 'STARTED')
    const since = sync_mode === 'incremental' ? state.cursor(name) : null
    let cursor = ''
    do {
      const page = await api.page(name, {
        limit: String(config.page_size ?? 100),
        ...(cursor && { cursor }),
        ...(since && { updated_since: since }),
      })
      for (const data of page.data) {
        say('RECORD', { record: { stream: name, data, emitted_at: Date.now() } })
        state.advance(name, data.updated_at)
      }
      status(name, 'RUNNING')
      if (sync_mode === 'incremental') say('STATE', { state: state.message(name, page.data.length) })
      cursor = page.next_cursor ?? ''
    } while (cursor !== '')
    status(name, 'COMPLETE')
  }
}

function status(name: string, value: string): void {
  trace('STREAM_STATUS', { stream_status: { stream_descriptor: { name }, status: value } })
}

function trace(type: string, body: object): void {
  say('TRACE', { trace: { type, emitted_at: Date.now() + 0.5, ...body } })
}

function say(type: string, body: object): void {
  process.stdout.write(`${JSON.stringify({ type, ...body })}\n`)
}

function load<T>(args: readonly string[], option: string): T {
  const path = args[args.indexOf(option) + 1]
  if (!args.includes(option) || path === undefined) throw new Error(`${option} is missing`)
  return JSON.parse(readFileSync(path, 'utf8')) as T
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

main(process.argv.slice(2)).catch((error: unknown) => {
  const message = messageOf(error)
  const failure_type = /Authorize|refused/.test(message) ? 'config_error' : 'system_error'
  trace('ERROR', { error: { message, internal_message: message, failure_type } })
  process.exitCode = 1
})
