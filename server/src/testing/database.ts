// Databases for tests: each is cloned in some 40 ms from a template that has the migrations applied.
//
// They lie on the cluster that the environment names (`npm test` starts one, or takes the machine's); for a test file
// that is run by hand, on a cluster of its own.
import { createHash, randomBytes } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Kysely, sql } from 'kysely'
import { connectDatabase } from '../database/connect.ts'
import { migrate } from '../database/migrate.ts'
import { startTemporaryCluster } from './temporary-cluster.ts'

export interface TestDatabase {
  /** libpq URI of a migrated, empty database. */
  url: string
  /** Drops it, whoever is still connected. */
  drop(): Promise<void>
}

/** Names a database of the cluster on which test databases are made, by a role that may make some. */
export const TEST_DATABASE_VARIABLE = 'SLUICE_TEST_DATABASE_URL'

const TEMPLATE_PREFIX = 'sluice_template_'
/** The template went, or someone was making it, between our look and our clone: SQLSTATE. */
const TRY_AGAIN = new Set(['3D000', '55006'])

export async function createTestDatabase(): Promise<TestDatabase> {
  const clusterUrl = await testClusterUrl()
  const name = `sluice_test_${randomBytes(8).toString('hex')}`
  await withAdmin(clusterUrl, async (admin) => {
    for (;;) {
      const template = await ensureTemplate(admin, clusterUrl)
      try {
        await sql`create database ${sql.id(name)} template ${sql.id(template)}`.execute(admin)
        return
      } catch (error) {
        if (!TRY_AGAIN.has((error as { code?: string }).code ?? '')) throw error
      }
    }
  })
  return {
    url: databaseUrl(clusterUrl, name),
    drop: () => withAdmin(clusterUrl, (admin) => dropDatabase(admin, name)),
  }
}

/** Removes what test runs leave on a cluster that outlives them. */
export async function dropTemplates(clusterUrl: string): Promise<void> {
  await withAdmin(clusterUrl, async (admin) => {
    const { rows } = await sql<{ datname: string }>`
      select datname from pg_database where datname like ${`${TEMPLATE_PREFIX.replaceAll('_', '\\_')}%`}
        and pg_has_role(datdba, 'member')`.execute(admin)
    for (const { datname } of rows) await dropDatabase(admin, datname)
  })
}

/** Whoever is connected. */
async function dropDatabase(admin: Kysely<never>, name: string): Promise<void> {
  for (;;) {
    try {
      await sql`drop database if exists ${sql.id(name)} with (force)`.execute(admin)
      return
    } catch (error) {
      // An autovacuum worker is in it, which only a superuser may end by force; without force Postgres waits for it.
      if ((error as { code?: string }).code !== '42501') throw error
      await sql`drop database if exists ${sql.id(name)}`.execute(admin).catch((inUse: { code?: string }) => {
        if (inUse.code !== '55006') throw inUse
      })
    }
  }
}

let ownCluster: Promise<{ url: string }> | undefined

async function testClusterUrl(): Promise<string> {
  const configured = process.env[TEST_DATABASE_VARIABLE]
  if (configured !== undefined && configured !== '') return configured
  ownCluster ??= startTemporaryCluster()
  return (await ownCluster).url
}

/** Named by the migrations' text. Made under a lock by the first of the parallel test processes, then renamed. */
async function ensureTemplate(admin: Kysely<never>, clusterUrl: string): Promise<string> {
  const template = `${TEMPLATE_PREFIX}${migrationsHash()}`
  if (await databaseExists(admin, template)) return template

  const draft = `${template}_draft`
  await sql`select pg_advisory_lock(hashtext(${template}))`.execute(admin)
  try {
    if (await databaseExists(admin, template)) return template
    await dropDatabase(admin, draft)
    await sql`create database ${sql.id(draft)}`.execute(admin)
    await migrate(databaseUrl(clusterUrl, draft))
    await sql`alter database ${sql.id(draft)} rename to ${sql.id(template)}`.execute(admin)
    return template
  } finally {
    await sql`select pg_advisory_unlock(hashtext(${template}))`.execute(admin)
  }
}

async function databaseExists(admin: Kysely<never>, name: string): Promise<boolean> {
  const { rows } = await sql`select 1 from pg_database where datname = ${name}`.execute(admin)
  return rows.length > 0
}

function migrationsHash(): string {
  const folder = fileURLToPath(new URL('../database', import.meta.url))
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(ts|sql)$/.test(name) && !name.endsWith('.test.ts'))
    .sort()
  const hash = createHash('sha256')
  for (const name of files) hash.update(name).update(readFileSync(join(folder, name)))
  return hash.digest('hex').slice(0, 12)
}

function databaseUrl(clusterUrl: string, name: string): string {
  const url = new URL(clusterUrl)
  url.pathname = `/${name}`
  return url.toString()
}

/** One connection: advisory locks belong to it. */
async function withAdmin(clusterUrl: string, work: (admin: Kysely<never>) => Promise<void>): Promise<void> {
  const { db, close } = connectDatabase(clusterUrl, { connections: 1 })
  try {
    await work(db as unknown as Kysely<never>)
  } finally {
    await close()
  }
}
