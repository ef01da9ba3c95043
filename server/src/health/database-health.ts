import { sql } from 'kysely'
import { migrations } from '../database/migrations/index.ts'
import type { Services } from '../services.ts'
import type { Diagnostics } from './diagnostics-record.ts'

export async function databaseHealth({ db }: Services): Promise<Diagnostics['database']> {
  const asked = Date.now()
  const { rows } = await sql<{ version: string; now: Date }>`
    select current_setting('server_version') as version, clock_timestamp() as now`.execute(db)
  const answered = Date.now()
  const { version = '', now = new Date(asked) } = rows[0] ?? {}
  const { rows: done } = await sql<{ name: string }>`select name from kysely_migration order by name`.execute(db)
  const applied = done.map(({ name }) => name)
  const known = Object.keys(migrations)
  return {
    // Debian adds its own package version.
    version: version.split(' ')[0] ?? version,
    now: now.toISOString(),
    // The database looked at its clock about half way.
    clock_offset_ms: Math.round(now.getTime() - (asked + answered) / 2),
    round_trip_ms: answered - asked,
    migrations: {
      applied,
      missing: known.filter((name) => !applied.includes(name)),
      foreign: applied.filter((name) => !known.includes(name)),
    },
  }
}
