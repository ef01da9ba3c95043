// A Kysely dialect over postgres.js. The published one reserves a connection for every query, which costs a quarter of
// the throughput; this one reserves only inside transactions.
import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
  type TransactionSettings,
} from 'kysely'
import type { ReservedSql, Sql, UnsafeQueryOptions } from 'postgres'
import { DatabaseAwayError, isConnectionLost, noticeAbsence } from './database-away.ts'
import { reserveConnection } from './reserve-connection.ts'

export class PostgresJsDialect implements Dialect {
  readonly #sql: Sql

  constructor(sql: Sql) {
    this.#sql = sql
  }

  createAdapter() {
    return new PostgresAdapter()
  }

  createDriver(): Driver {
    return new PostgresJsDriver(() => new PostgresJsConnection(this.#sql))
  }

  createIntrospector(db: Kysely<unknown>) {
    return new PostgresIntrospector(db)
  }

  createQueryCompiler() {
    return new PostgresQueryCompiler()
  }
}

/** The pool is its owner's: whoever opened it ends it. */
export class PostgresJsDriver implements Driver {
  readonly #connect: () => PostgresJsConnection

  constructor(connect: () => PostgresJsConnection) {
    this.#connect = connect
  }

  async init() {}

  async acquireConnection() {
    return this.#connect()
  }

  async beginTransaction(connection: PostgresJsConnection, settings: TransactionSettings) {
    await noticeAbsence(() => connection.begin(settings.isolationLevel))
  }

  async commitTransaction(connection: PostgresJsConnection) {
    await connection.executeQuery(CompiledQuery.raw('commit'))
  }

  async rollbackTransaction(connection: PostgresJsConnection) {
    if (!connection.isLost) await connection.executeQuery(CompiledQuery.raw('rollback'))
  }

  async releaseConnection(connection: PostgresJsConnection) {
    connection.release()
  }

  async destroy() {}
}

/** A connection as postgres.js hands it to `onexecute`; its types leave both out. */
interface HeldConnection {
  onclose: ((error: unknown) => void) | null
}

export class PostgresJsConnection implements DatabaseConnection {
  protected readonly pool: Sql
  protected reserved: ReservedSql | undefined
  /** The reserved connection went away: the database restarted. */
  isLost = false
  #held: HeldConnection | undefined
  #loss: Promise<never> | undefined
  #lostBy: unknown

  constructor(pool: Sql) {
    this.pool = pool
  }

  async begin(isolationLevel: string | undefined) {
    this.reserved = await reserveConnection(this.pool)
    const { reserved } = this
    await this.noticeLoss(() => reserved.unsafe(beginStatement(isolationLevel), [], this.holding()))
  }

  /**
   * Options of a transaction's first statement: from then on it is known when the connection goes. What is sent to one that
   * went between two statements is never answered.
   */
  protected holding(): UnsafeQueryOptions {
    const { promise, reject } = Promise.withResolvers<never>()
    promise.catch(() => {})
    this.#loss = promise
    const onexecute = (connection: HeldConnection) => {
      this.#held = connection
      connection.onclose = (error) => {
        this.isLost = true
        this.#lostBy ??= error
        reject(error)
      }
      // Goes on as without it.
      return true
    }
    return { onexecute } as UnsafeQueryOptions
  }

  /** A lost connection is back in the pool by itself; released, postgres.js would write to it, and throw past everybody. */
  release() {
    // One that was lost may be another's by now.
    if (!this.isLost) {
      if (this.#held) this.#held.onclose = null
      this.reserved?.release()
    }
    this.reserved = undefined
    this.#held = undefined
    this.#loss = undefined
    this.#lostBy = undefined
    this.isLost = false
  }

  executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    return noticeAbsence(() => this.run<Row>(query))
  }

  protected async run<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    const { reserved } = this
    if (reserved === undefined) return runQuery(this.pool, query)
    return this.noticeLoss(() => runQuery<Row>(reserved, query))
  }

  protected async noticeLoss<T>(act: () => PromiseLike<T>): Promise<T> {
    try {
      if (this.#loss === undefined) return await act()
      if (this.isLost) throw new DatabaseAwayError(this.#lostBy)
      return await Promise.race([act(), this.#loss])
    } catch (error) {
      if (isConnectionLost(error)) {
        this.isLost = true
        this.#lostBy ??= error
      }
      throw error
    }
  }

  // biome-ignore lint/correctness/useYield: required by the interface, and no query of ours streams
  async *streamQuery<Row>(): AsyncIterableIterator<QueryResult<Row>> {
    throw new Error('This dialect does not stream rows.')
  }
}

export function beginStatement(isolationLevel: string | undefined): string {
  return isolationLevel === undefined ? 'begin' : `begin isolation level ${isolationLevel}`
}

/** Sent at once, in the order of the calls: a query of postgres.js that is only awaited leaves a moment later. */
export async function runQuery<Row>(sql: Sql, query: CompiledQuery): Promise<QueryResult<Row>> {
  // Kysely types parameters as unknown; each is a value that a table's columns accept.
  const parameters = query.parameters as never[]
  const result = await sql.unsafe(query.sql, parameters, { prepare: true }).execute()
  const affected = result.command === 'SELECT' ? {} : { numAffectedRows: BigInt(result.count ?? 0) }
  // The rows have the shape that Kysely derived from the schema types.
  return { rows: Array.from(result) as Row[], ...affected }
}
