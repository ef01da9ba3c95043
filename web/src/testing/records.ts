import type { Connection, ConnectLink, Connector, Integration, Run, RunSummary } from '@sluice/client'
import { labSchema } from './schemas.ts'

export const connectionId = '019a2f0e-7c51-7c3e-9d1b-3f5a8e2b6c40'
const integrationId = '019a2f0e-1111-7c3e-9d1b-3f5a8e2b6c40'
const inMinutes = (minutes: number) => new Date(Date.now() + minutes * 60_000).toISOString()

export function connectLink(changes: Partial<ConnectLink> = {}): ConnectLink {
  return {
    status: 'open',
    connector: { id: 'source-lab', title: 'Lab source', documentation_url: 'https://example.com/docs' },
    provider: { id: 'lab', title: 'Lab' },
    config_schema: labSchema,
    config: {},
    error: null,
    connection: null,
    preview: false,
    return_to: null,
    repair: false,
    allowed_origins: [],
    brand: null,
    connecting_for: null,
    scopes: { required: [], optional: [] },
    expires_at: inMinutes(29.5),
    ...changes,
  }
}

export function completedLink(changes: Partial<ConnectLink> = {}): ConnectLink {
  return connectLink({
    status: 'completed',
    connection: {
      id: connectionId,
      status: 'healthy',
      access_token_expires_at: inMinutes(59.5),
      created_at: inMinutes(0),
    },
    ...changes,
  })
}

export const connector: Connector = {
  id: 'source-lab',
  title: 'Lab source',
  protocol: 'flow',
  documentation_url: 'https://example.com/docs',
  oauth: { provider: 'lab' },
}

export const integration: Integration = {
  id: integrationId,
  connector_id: 'source-lab',
  name: 'Lab source',
  client_id: 'sluice-demo',
  redirect_uri: `http://localhost:8080/oauth/callback/${integrationId}`,
  token_endpoint_auth_method: null,
  issuer: null,
  scopes: null,
  resource: null,
  dpop: null,
  required_scopes: [],
  optional_scopes: [],
  return_urls: [],
  relay: null,
  relay_url: null,
  brand: null,
  client_secret_changed_at: null,
  created_at: inMinutes(-120),
}

export function connection(changes: Partial<Connection> = {}): Connection {
  return {
    id: connectionId,
    version: 1,
    connector_id: 'source-lab',
    integration_id: integrationId,
    end_user: { id: 'customer-7', email: 'ada@example.com' },
    status: 'healthy',
    status_reason: null,
    problems: [],
    config: { region: 'eu', credentials: { auth_type: 'oauth', access_token: '********' } },
    account: { id: 'alice', source: 'id_token' },
    scopes: ['customers:read', 'orders:read'],
    requested_scopes: ['customers:read', 'orders:read'],
    required_scopes: [],
    optional_scopes: [],
    missing_scopes: [],
    granted_at: inMinutes(-1),
    access_token_expires_at: inMinutes(59),
    refresh_token_expires_at: null,
    refresh_idle_until: null,
    act_by: null,
    exported_at: null,
    created_at: inMinutes(-1),
    updated_at: inMinutes(-1),
    ...changes,
  }
}

type Step = Run['steps'][number]

export function run(steps: [Step['operation'], Step['status']][], changes: Partial<Run> = {}): Run {
  const results: Partial<Record<Step['operation'], Record<string, unknown>>> = {
    discover: { bindings: [{ recommended_name: 'customers' }, { recommended_name: 'orders' }] },
    capture: { documents: 3 },
  }
  return {
    id: '019a2f0e-2222-7c3e-9d1b-3f5a8e2b6c40',
    connection_id: connectionId,
    target_connection_id: null,
    operation: 'preview',
    status: 'running',
    attempt: 1,
    max_attempts: 1,
    retry_at: null,
    cancel_requested: false,
    created_at: inMinutes(0),
    started_at: inMinutes(0),
    finished_at: null,
    steps: steps.map(([operation, status], index) => ({
      operation,
      status,
      duration_ms: status === 'running' ? null : 180 + index * 640,
      result: status === 'succeeded' ? (results[operation] ?? {}) : null,
    })),
    documents: [],
    document_count: 0,
    document_bytes: null,
    logs: [],
    rotations: [],
    error: null,
    ...changes,
  }
}

const customer = (id: number, name: string) => ({
  id,
  name,
  email: `${name.split(' ')[0]?.toLowerCase()}@example.com`,
  country: 'NL',
  address: { street: 'Sluisplein 1', city: 'IJmuiden' },
  updated_at: '2026-10-03T09:12:00Z',
  _meta: { row_id: id },
})

export const finishedRun: Run = run(
  [
    ['spec', 'succeeded'],
    ['discover', 'succeeded'],
    ['validate', 'succeeded'],
    ['capture', 'succeeded'],
  ],
  {
    status: 'succeeded',
    finished_at: inMinutes(0),
    documents: [
      { collection: 'source-lab/customers', document: customer(1, 'Ada Lovelace') },
      { collection: 'source-lab/customers', document: customer(2, 'Grace Hopper') },
      { collection: 'source-lab/orders', document: { id: 901, customer_id: 1, total: 129.5, currency: 'EUR' } },
    ],
    document_count: 3,
    logs: [{ level: 'info', message: 'reading customers', at: '2026-10-03T09:12:00.000Z' }],
  },
)

export const failedRun: Run = run(
  [
    ['spec', 'succeeded'],
    ['discover', 'failed'],
  ],
  {
    id: '019a2f11-0000-7c3e-9d1b-3f5a8e2b6c41',
    status: 'failed',
    finished_at: inMinutes(0),
    error: {
      code: 'exited',
      message: 'The connector ended with exit code 1.',
      verdict: 'connector_broken',
      next_action: 'Read what the connector said, mend it, and run it again.',
      stderr: 'Error: cannot read property of undefined\n    at main.ts:12',
    },
  },
)

/** As a list of runs shows it. */
export function summaryOf({ steps: _steps, documents: _documents, logs: _logs, error, ...rest }: Run): RunSummary {
  return { ...rest, error_code: error?.code ?? null }
}

/** What the console reads of a new connect session. */
export function createdSession(url: string) {
  const device = { user_code: 'WDJB-MJHT', verification_uri: new URL('/connect', url).href }
  return { url, qr_url: 'data:image/svg+xml,', device, expires_at: inMinutes(30) }
}
