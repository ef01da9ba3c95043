// Where the records of an audit chain come from: a server, or the database itself when no server runs.
import { dataOf, type SluiceClient } from '@sluice/client'
import type postgres from 'postgres'
import { CliError } from '../cli-error.ts'
import { openDatabase } from '../database/open-database.ts'

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

/** The chains of every tenant of a database; read only. @throws CliError `server` when it cannot be read */
export async function* chainsOfDatabase(url: string): AsyncIterable<TenantChain> {
  const sql = openDatabase(url, 'audit verify')
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
