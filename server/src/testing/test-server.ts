// The whole server for a test: a database of its own, the lab as provider, the lab's connector, and a way to talk to it.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Lab, type LabOptions, startLab } from '@sluice/lab'
import { secret } from '@sluice/oauth'
import { readConfig } from '../config.ts'
import { createIntegration } from '../integrations/create-integration.ts'
import { type IntegrationRow, redirectUri } from '../integrations/integration-record.ts'
import type { Services } from '../services.ts'
import { type ServerOptions, startServer } from '../start-server.ts'
import { createTestDatabase } from './database.ts'
import { type Deferring, defer } from './defer.ts'
import { temporaryDirectory } from './temporary-directory.ts'

const labConnector = fileURLToPath(new URL('../../../lab/connectors/source-lab/flow.yaml', import.meta.url))

export interface TestServer {
  base_url: string
  services: Services
  lab: Lab
  /** The lab's client as an integration of the default tenant. */
  integration: IntegrationRow
  client_secret: string
  tenant_id: string
  api_key: string
  database_url: string
  /** What another server process on the same database is to be started with. */
  launch: { data_directory: string; connectors: string[]; connector_env: Record<string, string> }
  /** Where `/metrics` is, when it has a port of its own. */
  metrics_port: number | null
  /** Ends the server as a signal would. */
  stop(): Promise<void>
  /** Every line that the server logged. */
  logs: string[]
  /** Calls `/v1` with the admin key, or with another one; null sends none. */
  api(method: string, path: string, body?: unknown, apiKey?: string | null): Promise<ApiAnswer>
}

export interface ApiAnswer {
  status: number
  // biome-ignore lint/suspicious/noExplicitAny: tests assert on what they read
  body: any
  headers: Headers
}

export interface TestServerOptions {
  access_token_seconds?: number
  rotation?: 'never' | 'always'
  standards?: LabOptions['standards']
  /** Refreshes ahead of time are off unless a test wants them, because tests move the clock. */
  refresh?: ServerOptions['refresh']
  /** Further settings of the lab. */
  lab?: LabOptions
  connectors?: string[]
  connector_env?: Record<string, string>
  /** A declaration of the provider `lab` in YAML, as an operator would add it. */
  provider?: (origin: string) => string
  now?: () => Date
  base_url?: string
  web_directory?: string
  run_limits?: ServerOptions['run_limits']
  rate_limits?: ServerOptions['config']['rate_limits']
  metrics_port?: ServerOptions['config']['metrics_port']
  /** Where connectors run; as processes by default. */
  runtime?: ServerOptions['config']['runtime']
  /** By whom people sign in to the console: the lab, with a client of it. */
  sign_in?: (lab: Lab, directory: string) => ServerOptions['config']['sign_in']
}

/** Everything is ended after the test. */
export async function startTestServer(t: Deferring, options: TestServerOptions = {}): Promise<TestServer> {
  const database = await createTestDatabase()
  defer(t, () => database.drop())
  const directory = temporaryDirectory(t)
  const lab = await startLab({
    access_token_seconds: options.access_token_seconds ?? 3600,
    rotation: options.rotation ?? 'never',
    ...(options.standards && { standards: options.standards }),
    ...options.lab,
  })
  defer(t, () => lab.close())

  if (options.provider !== undefined) {
    mkdirSync(join(directory, 'providers'))
    writeFileSync(join(directory, 'providers', 'lab.yaml'), options.provider(lab.origin))
  }

  const logs: string[] = []
  const launch = {
    data_directory: directory,
    connectors: options.connectors ?? [labConnector],
    connector_env: { LAB_ORIGIN: lab.origin, ...options.connector_env },
  }
  const server = await startServer({
    config: {
      ...readConfig({ SLUICE_ALLOW_LOOPBACK: '1', DATABASE_URL: database.url }),
      port: 0,
      metrics_port: options.metrics_port ?? null,
      connectors: launch.connectors,
      providers: options.provider === undefined ? [] : [join(directory, 'providers')],
      // All clients of a test have one address; what else limits them is not to be hidden by that.
      rate_limits: options.rate_limits ?? { per_key: 0, anonymous: 0, trusted_proxies: [] },
      ...(options.runtime && { runtime: options.runtime }),
      ...(options.sign_in && { sign_in: options.sign_in(lab, directory) }),
    },
    data_directory: directory,
    web_directory: options.web_directory ?? null,
    connector_env: launch.connector_env,
    refresh: { ahead: false, ...options.refresh },
    log_to: { write: (line: string) => void logs.push(line) },
    ...(options.run_limits && { run_limits: options.run_limits }),
    ...withNow(options.now),
  })
  defer(t, server.close)
  if (server.tenant.admin_api_key === null) throw new Error('the test database was not fresh')

  const { services } = server
  if (options.base_url !== undefined) services.base_url = options.base_url
  const { client_id, client_secret } = lab.addClient()
  const integration = await createIntegration(services, {
    tenant_id: server.tenant.id,
    connector_id: 'source-lab',
    client_id,
    client_secret: secret(client_secret),
    return_urls: ['https://customer.example/done'],
  })
  lab.addClient({ client_id, client_secret, redirect_uris: [redirectUri(services.base_url, integration.id)] })

  const adminKey = server.tenant.admin_api_key
  const address = `http://localhost:${server.port}`
  return {
    base_url: address,
    services,
    lab,
    integration,
    client_secret,
    tenant_id: server.tenant.id,
    api_key: adminKey,
    database_url: database.url,
    launch,
    metrics_port: server.metrics_port,
    stop: server.close,
    logs,
    async api(method, path, body, apiKey = adminKey) {
      const response = await fetch(new URL(path, address), {
        method,
        headers: {
          ...(apiKey === null ? {} : { authorization: `Bearer ${apiKey}` }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      const text = await response.text()
      return { status: response.status, headers: response.headers, body: text === '' ? null : JSON.parse(text) }
    },
  }
}

function withNow(now: (() => Date) | undefined): Partial<ServerOptions> {
  return now === undefined ? {} : { now }
}
