import { Migrator } from 'kysely/migration'
import { installQueue } from '../queue/install-queue.ts'
import { connectDatabase } from './connect.ts'
import { DatabaseError } from './database-error.ts'
import { migrations } from './migrations/index.ts'

/**
 * Brings the database at `url` to the newest version, the queue's tables included. Several servers may start at once:
 * the migrator takes an advisory lock.
 *
 * @throws DatabaseError `database_unreachable`, or `migration_failed` with the migration's name.
 */
export async function migrate(url: string): Promise<void> {
  const { db, close } = connectDatabase(url, { connections: 1 })
  try {
    const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } })
    const { error, results } = await migrator.migrateToLatest()
    if (error === undefined) return await installQueue(url)
    const failed = results?.find((result) => result.status === 'Error')
    if (failed === undefined) throw DatabaseError.unreachable(url, error)
    throw new DatabaseError(
      'migration_failed',
      `Migration ${failed.migrationName} failed; the database is as it was before it. Cause: ${describe(error)}`,
      { cause: error },
    )
  } finally {
    await close()
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
