// The dialect of one tenant's handle. Its pool has no tenant of its own, so a statement that came without one would see
// nothing; the setting lasts for a statement or a transaction, never longer, so connections carry nothing over.
import type { CompiledQuery, Driver, QueryResult } from 'kysely'
import type { ReservedSql, Sql } from 'postgres'
import {
  beginStatement,
  PostgresJsConnection,
  PostgresJsDialect,
  PostgresJsDriver,
  runQuery,
} from './postgres-js-dialect.ts'
import { isPlainRead, TenantQueryCompiler } from './tenant-gate.ts'

export class TenantDialect extends PostgresJsDialect {
  readonly #pool: Sql
  readonly #tenantId: string

  constructor(pool: Sql, tenantId: string) {
    super(pool)
    this.#pool = pool
    this.#tenantId = tenantId
  }

  override createDriver(): Driver {
    return new PostgresJsDriver(() => new TenantConnection(this.#pool, this.#tenantId))
  }

  override createQueryCompiler() {
    return new TenantQueryCompiler(this.#tenantId)
  }
}

class TenantConnection extends PostgresJsConnection {
  readonly #tenantId: string

  constructor(pool: Sql, tenantId: string) {
    super(pool)
    this.#tenantId = tenantId
  }

  override async begin(isolationLevel: string | undefined) {
    this.reserved = await this.pool.reserve()
    await this.#beginOn(this.reserved, isolationLevel)
  }

  override async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    if (this.reserved !== undefined || isPlainRead(query.query)) return super.executeQuery(query)
    const connection = await this.pool.reserve()
    try {
      return await this.#inOneFlight(connection, query)
    } finally {
      connection.release()
    }
  }

  /** A transaction of one statement, sent without waiting in between: one round trip. */
  async #inOneFlight<Row>(connection: ReservedSql, query: CompiledQuery): Promise<QueryResult<Row>> {
    const begun = this.#beginOn(connection, undefined)
    const answered = runQuery<Row>(connection, query)
    // After a statement that failed this is a rollback.
    const ended = connection.unsafe('commit').execute()
    const [beginning, answer, ending] = await Promise.allSettled([begun, answered, ended])
    if (answer.status === 'rejected') throw answer.reason
    if (beginning.status === 'rejected') throw beginning.reason
    if (ending.status === 'rejected') throw ending.reason
    return answer.value
  }

  /** Two statements in one message, which takes no parameters; `inTenant` has checked that the tenant is a UUID. */
  #beginOn(connection: ReservedSql, isolationLevel: string | undefined) {
    const setting = `select set_config('sluice.tenant_id', '${this.#tenantId}', true)`
    return connection.unsafe(`${beginStatement(isolationLevel)}; ${setting}`).execute()
  }
}
