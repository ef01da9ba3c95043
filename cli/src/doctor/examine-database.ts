// What the database tells where no server runs to be asked. Read by a connection that can change nothing.
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type postgres from 'postgres'
import { openDatabase } from '../database/open-database.ts'
import { reasonOf } from '../server/open-server.ts'
import { type Finding, failure, ok, skipped, warning } from './finding.ts'
import { type Diagnostics, judgeDatabase } from './judge-database.ts'
import { judgeKeys } from './judge-keys.ts'
import { judgeSecret } from './judge-secret.ts'
import { judgeQueue } from './judge-work.ts'
import { KNOWN_MIGRATIONS } from './known-migrations.ts'

/** @param data the data directory, whose embedded Postgres is asked where DATABASE_URL names no other */
export async function examineDatabase(data: string, env: NodeJS.ProcessEnv): Promise<Finding[]> {
  const url = env.DATABASE_URL || (await embeddedUrl(data))
  if (url === null) return [skipped('database', 'There is none yet; the first start makes it.')]
  if (url === 'stopped') return [notRunning(data)]
  const sql = openDatabase(url, 'doctor')
  try {
    return await examine(sql)
  } catch (error) {
    if (!env.DATABASE_URL && isAway(error)) return [notRunning(data)]
    const next_action = 'Check DATABASE_URL, that the database runs, and that its user may read.'
    return [failure('database', `It cannot be read${reasonOf(error)}.`, next_action)]
  } finally {
    await sql.end({ timeout: 5 })
  }
}

/** Null where no cluster was made yet. */
async function embeddedUrl(data: string): Promise<string | 'stopped' | null> {
  const home = join(data, 'postgres')
  if ((await stat(join(home, 'cluster')).catch(() => null)) === null) return null
  const directory = await readFile(join(home, 'socket-directory'), 'utf8').catch(() => null)
  return directory === null ? 'stopped' : `postgres://sluice@localhost/sluice?host=${encodeURIComponent(directory)}`
}

function notRunning(data: string): Finding {
  const next_action = 'Start the server, which starts it; or set DATABASE_URL for a Postgres of your own.'
  return warning('database', `The embedded Postgres of ${data} is not running.`, next_action)
}

function isAway(error: unknown): boolean {
  return /ENOENT|ECONNREFUSED|ENOTSOCK/.test(reasonOf(error))
}

async function examine(sql: postgres.Sql): Promise<Finding[]> {
  const database = await readDatabase(sql)
  const findings = judgeDatabase({ database })
  if (database.migrations.applied.length === 0) {
    const next_action = 'Start a server: it migrates at the start.'
    return [findings[0], warning('migrations', 'None is applied: no server has used it yet.', next_action)].filter(
      (finding) => finding !== undefined,
    )
  }
  const parts = { keys: readKeys, queue: readQueue, 'client secret': readSecrets }
  for (const [check, read] of Object.entries(parts)) {
    findings.push(
      ...(await read(sql).catch((error: unknown) => {
        if (!isUnknownName(error)) throw error
        return [skipped(check, 'Not told before the missing migrations are applied.')]
      })),
    )
  }
  return findings
}

async function readDatabase(sql: postgres.Sql): Promise<Diagnostics['database']> {
  await sql`select`
  const asked = Date.now()
  const [row] = await sql<{ version: string; now: Date; migrated: boolean }[]>`
    select current_setting('server_version') as version, clock_timestamp() as now,
      to_regclass('kysely_migration') is not null as migrated`
  const answered = Date.now()
  const { version = '', now = new Date(asked), migrated = false } = row ?? {}
  const applied = migrated
    ? (await sql<{ name: string }[]>`select name from kysely_migration order by name`).map(({ name }) => name)
    : []
  return {
    version: version.split(' ')[0] ?? version,
    now: now.toISOString(),
    clock_offset_ms: Math.round(now.getTime() - (asked + answered) / 2),
    round_trip_ms: answered - asked,
    migrations: {
      applied,
      missing: KNOWN_MIGRATIONS.filter((name) => !applied.includes(name)),
      foreign: applied.filter((name) => !KNOWN_MIGRATIONS.includes(name)),
    },
  }
}

/** Which key wraps now is the server's to know; the newest is taken for it. */
async function readKeys(sql: postgres.Sql): Promise<Finding[]> {
  const known = await sql<{ id: string; store: string; created_at: Date; data_keys: number }[]>`
    select kek.id, kek.store, kek.created_at, count(data_keys.id)::int as data_keys
    from key_encryption_keys as kek left join data_keys on data_keys.key_encryption_key_id = kek.id
    group by kek.id, kek.store, kek.created_at order by kek.created_at desc`
  const [newest] = known
  if (newest === undefined) return [skipped('encryption key', 'There is none yet.')]
  const [sealing] = await sql<{ oldest: Date | null }[]>`
    select min(newest) as oldest from (select max(created_at) as newest from data_keys group by tenant_id) as tenants`
  const [rotation] = await sql<{ status: 'running' | 'finished'; error_code: string | null }[]>`
    select status, error_code from key_rotations order by id desc limit 1`
  return judgeKeys({
    keys: {
      store: newest.store,
      current: { id: newest.id, created_at: newest.created_at.toISOString() },
      needed: known.filter(({ data_keys }) => data_keys > 0),
      oldest_sealing_key_at: sealing?.oldest?.toISOString() ?? null,
      rotation: rotation ?? null,
    },
  })
}

/** Seconds after its time at which a job is late, as the server counts. */
const LATE_SECONDS = 60

async function readQueue(sql: postgres.Sql): Promise<Finding[]> {
  const jobs = await sql<(Diagnostics['queue']['jobs'][number] & { oldest_seconds: number | null })[]>`
    select name,
      (count(*) filter (where state < 'active'))::int as waiting,
      (count(*) filter (where state < 'active' and start_after < now() - make_interval(secs => ${LATE_SECONDS})))::int
        as late,
      (count(*) filter (where state = 'active'))::int as active,
      (count(*) filter (where state = 'failed' and completed_on > now() - interval '1 day'))::int as failed,
      extract(epoch from now() - min(start_after) filter (where state < 'active'))::int as oldest_seconds
    from queue.job where name not like '\\_\\_%' group by name order by name`
  const [due] = await sql<{ count: number; oldest: Date | null; waiting: number; now: Date }[]>`
    select count(*)::int as count, min(refresh_due_at) as oldest, now() as now,
      (select count(*)::int from webhook_deliveries where status = 'pending') as waiting
    from grants where refresh_due_at <= now()`
  const oldest = Math.max(0, ...jobs.map(({ oldest_seconds }) => oldest_seconds ?? 0))
  return [
    ...judgeQueue({
      now: (due?.now ?? new Date()).toISOString(),
      queue: {
        jobs: jobs.map(({ oldest_seconds: _, ...job }) => job),
        refreshes_due: due?.count ?? 0,
        oldest_refresh_due_at: due?.oldest?.toISOString() ?? null,
        webhooks_waiting: due?.waiting ?? 0,
      },
    }),
    ok('oldest job', oldest === 0 ? 'none waits past its time' : `${oldest} seconds past its time`, {
      seconds: oldest,
    }),
  ]
}

async function readSecrets(sql: postgres.Sql): Promise<Finding[]> {
  const integrations = await sql<{ id: string; name: string; client_secret_changed_at: Date | null }[]>`
    select id, name, client_secret_changed_at from integrations order by id`
  return integrations.flatMap(({ client_secret_changed_at, ...integration }) =>
    judgeSecret({ ...integration, client_secret_changed_at: client_secret_changed_at?.toISOString() ?? null }),
  )
}

/** A table or column that is not there (PostgreSQL manual, appendix A). */
function isUnknownName(error: unknown): boolean {
  return error instanceof Error && 'code' in error && ['42P01', '42703', '3F000'].includes(String(error.code))
}
