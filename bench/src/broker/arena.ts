// What the broker's benchmarks share: Postgres with fsync, a provider, a tenant with its key and integration, a hundred
// thousand connections, and as many rows for the bare routes.
import { createCipheriv, createSecretKey, randomBytes, randomUUID } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { secret } from '@sluice/oauth'
import {
  createIntegration,
  type IntegrationRow,
  readConfig,
  type Services,
  startEmbeddedPostgres,
  startServer,
} from '@sluice/server'
import { seedConnections } from '@sluice/server/testing'
import type postgres from 'postgres'
import type { BareOrder } from './bare-process.ts'
import { openPool } from './open-pool.ts'
import { type BenchProvider, startProvider } from './provider.ts'
import type { SluiceOrder } from './sluice-process.ts'

export const CONNECTIONS = 100_000
const CONNECTOR = fileURLToPath(new URL('../../../lab/connectors/source-lab/flow.yaml', import.meta.url))
const DAY_MS = 86_400_000

export interface Arena {
  sql: postgres.Sql
  provider: BenchProvider
  tenant_id: string
  api_key: string
  integration: IntegrationRow
  connections: string[]
  rows: string[]
  sluice: Omit<SluiceOrder, 'ahead'>
  bare: BareOrder
  /** With a server's services, for setting up. */
  setUp<T>(use: (services: Services) => Promise<T>): Promise<T>
  close(): Promise<void>
}

export async function openArena(directory: string, { connections }: { connections: number }): Promise<Arena> {
  const database = await startEmbeddedPostgres({ directory })
  const provider = await startProvider({ delay_ms: 0 })
  const data_directory = join(directory, 'sluice')
  await mkdir(data_directory, { mode: 0o700 })
  const sluice = {
    database_url: database.url,
    data_directory,
    connectors: [CONNECTOR],
    connector_env: { LAB_ORIGIN: provider.origin },
  }
  const server = await startServer({
    config: {
      ...readConfig({ SLUICE_ALLOW_LOOPBACK: '1', DATABASE_URL: database.url }),
      port: 0,
      connectors: [CONNECTOR],
    },
    data_directory,
    web_directory: null,
    connector_env: sluice.connector_env,
    log_to: { write: () => {} },
    refresh: { ahead: false },
  })
  const { services, tenant } = server
  const integration = await createIntegration(services, {
    tenant_id: tenant.id,
    connector_id: 'source-lab',
    client_id: 'bench',
    client_secret: secret('bench-secret'),
    return_urls: [],
  })
  const now = Date.now()
  const issued_at = new Date(now)
  const ids = await seedConnections(services, {
    tenant_id: tenant.id,
    connector_id: 'source-lab',
    integration_id: integration.id,
    config: { region: 'all', history: 'all' },
    count: connections,
    token: () => ({
      access_token: randomBytes(32).toString('base64url'),
      refresh_token: randomBytes(32).toString('base64url'),
      issued_at,
      expires_at: new Date(now + DAY_MS),
      due_at: new Date(now + DAY_MS * 0.8),
    }),
  })
  const sql = openPool(database.url)
  const key = randomBytes(32)
  const rows = await seedRows(sql, key, connections)
  await sql`vacuum analyze`
  return {
    sql,
    provider,
    tenant_id: tenant.id,
    api_key: tenant.admin_api_key ?? '',
    integration,
    connections: ids,
    rows,
    sluice,
    bare: { database_url: database.url, key: key.toString('base64'), provider: provider.origin },
    setUp: (use) => use(services),
    async close() {
      await server.close()
      await sql.end()
      provider.close()
      await database.stop()
    },
  }
}

/** The same sealed size as a grant's. */
async function seedRows(sql: postgres.Sql, key: Buffer, count: number): Promise<string[]> {
  await sql`create table bench_rows (id uuid primary key, sealed bytea not null)`
  await sql`create table bench_starts (id uuid primary key, sealed bytea not null)`
  const ids = Array.from({ length: count }, () => randomUUID())
  const secretKey = createSecretKey(key)
  for (let from = 0; from < count; from += 1000) {
    const rows = ids.slice(from, from + 1000).map((id) => ({ id, sealed: seal(secretKey) }))
    await sql`insert into bench_rows ${sql(rows)}`
  }
  return ids
}

function seal(key: ReturnType<typeof createSecretKey>): Buffer {
  const nonce = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', key, nonce)
  const token = () => randomBytes(32).toString('base64url')
  const text = JSON.stringify({ access_token: token(), refresh_token: token(), credentials: { access_token: token() } })
  return Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()])
}
