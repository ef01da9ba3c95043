// The dialect of one tenant's handle. Its pool has no tenant of its own, so a statement that came without one would see
// nothing; the setting lasts for a statement or a transaction, never longer, so connections carry nothing over.
import type { CompiledQuery, Driver, QueryResult } from 'kysely'
import type { ReservedSql, Sql, UnsafeQueryOptions } from 'postgres'
import { isConnectionLost } from './database-away.ts'
import {
  beginStatement,
  PostgresJsConnection,
  PostgresJsDialect,
  PostgresJsDriver,
  runQuery,
} from './postgres-js-dialect.ts'
import { reserveConnection } from './reserve-connection.ts'
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
    this.reserved = await reserveConnection(this.pool)
    const { reserved } = this
    await this.noticeLoss(() => this.#beginOn(reserved, isolationLevel, this.holding()))
  }

  protected override async run<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    if (this.reserved !== undefined || isPlainRead(query.query)) return super.run(query)
    const connection = await reserveConnection(this.pool)
    try {
      return await this.noticeLoss(() => this.#inOneFlight<Row>(connection, query))
    } finally {
      if (!this.isLost) connection.release()
    }
  }

  /** A transaction of one statement, sent without waiting in between: one round trip. */
  async #inOneFlight<Row>(connection: ReservedSql, query: CompiledQuery): Promise<QueryResult<Row>> {
    const begun = this.#beginOn(connection, undefined)
    const answered = runQuery<Row>(connection, query)
    // After a statement that failed this is a rollback.
    const ended = connection.unsafe('commit').execute()
    const [beginning, answer, ending] = await Promise.allSettled([begun, answered, ended])
    const failures = [answer, beginning, ending].flatMap((part) => (part.status === 'rejected' ? [part.reason] : []))
    if (answer.status === 'fulfilled' && failures.length === 0) return answer.value
    throw failures.find(isConnectionLost) ?? failures[0]
  }

  /** Two statements in one message, which takes no parameters; `inTenant` has checked that the tenant is a UUID. */
  #beginOn(connection: ReservedSql, isolationLevel: string | undefined, options?: UnsafeQueryOptions) {
    const setting = `select set_config('sluice.tenant_id', '${this.#tenantId}', true)`
    return connection.unsafe(`${beginStatement(isolationLevel)}; ${setting}`, [], options).execute()
  }
}
