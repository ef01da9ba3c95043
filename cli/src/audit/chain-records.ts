// Where the records of an audit chain come from: a server, or the database itself when no server runs.
import { dataOf, type SluiceClient } from '@sluice/client'
import postgres from 'postgres'
import { CliError } from '../cli-error.ts'

export interface ChainRecord {
  sequence: string
  /** The text that was hashed. */
  record: string
  /** In hex. */
  previous_hash: string
  hash: string
}

/** A tenant's records, newest first. */
export type ChainRecords = AsyncIterable<ChainRecord>

/** The records of the API key's tenant. */
export async function* recordsOfServer(client: SluiceClient): ChainRecords {
  let cursor: string | null = null
  do {
    const query = { limit: 200, ...(cursor !== null && { cursor }) }
    const page: { data: ChainRecord[]; next_cursor: string | null } = await dataOf(
      client.GET('/v1/audit_records', { params: { query } }),
    )
    yield* page.data
    cursor = page.next_cursor
  } while (cursor !== null)
}

export interface TenantChain {
  tenant_id: string
  records: ChainRecords
}

/** Row-level security shows nothing to a connection that names no tenant. */
const EVERY_TENANT = { application_name: 'sluice audit verify', 'sluice.tenant_id': '*' }

/** The chains of every tenant of a database; read only. @throws CliError `server` when it cannot be read */
export async function* chainsOfDatabase(url: string): AsyncIterable<TenantChain> {
  const { address, socket } = splitUrl(url)
  const sql = postgres(address, {
    max: 1,
    connect_timeout: 10,
    onnotice: () => {},
    ...socket,
    connection: EVERY_TENANT,
  })
  try {
    const tenants = await sql<{ tenant_id: string }[]>`select tenant_id from audit_chains order by tenant_id`
    for (const { tenant_id } of tenants) yield { tenant_id, records: recordsOfTenant(sql, tenant_id) }
  } catch (cause) {
    if (cause instanceof CliError) throw cause
    const next_action = 'Check DATABASE_URL, and that its user may read audit_records.'
    throw new CliError('server', 'The database cannot be read.', { next_action, cause })
  } finally {
    await sql.end({ timeout: 5 })
  }
}

async function* recordsOfTenant(sql: postgres.Sql, tenantId: string): ChainRecords {
  const pages = sql<ChainRecord[]>`
    select sequence::text, record::text, encode(previous_hash, 'hex') as previous_hash, encode(hash, 'hex') as hash
    from audit_records where tenant_id = ${tenantId} order by audit_records.sequence desc`.cursor(1000)
  for await (const page of pages) yield* page
}

/** libpq's `?host=/directory` names a unix socket's directory, as the embedded Postgres has it. */
function splitUrl(url: string) {
  const target = URL.parse(url)
  if (target === null) throw new CliError('usage', 'DATABASE_URL is not a postgres:// address.')
  const directory = target.searchParams.get('host')
  target.searchParams.delete('host')
  const socket = directory === null ? {} : { path: `${directory}/.s.PGSQL.${target.port || 5432}` }
  return { address: target.href, socket }
}
