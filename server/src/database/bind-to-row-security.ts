// Row-level security does not bind superusers, nor roles with BYPASSRLS. A database that is reached as one of them is
// worked in as a role of our own, which neither may be.
import type { Sql } from 'postgres'
import { DatabaseError } from './database-error.ts'
import { EVERY_TENANT } from './in-tenant.ts'
import { openPool } from './open-pool.ts'

interface Login {
  name: string
  superuser: boolean
  bypasses: boolean
}

/**
 * The address to use for everything from now on: under it row-level security binds. Where the login would bypass it,
 * every connection takes `role`, which a superuser makes where it is missing.
 *
 * @throws DatabaseError `row_level_security_bypassed`, `database_unreachable`
 */
export async function bindToRowSecurity(url: string, role: string): Promise<string> {
  const sql = openPool(url, { connections: 1, max_pipeline: 1, tenant: EVERY_TENANT })
  try {
    const login = await readLogin(sql, url)
    if (!login.superuser && !login.bypasses) return url
    if (login.superuser) await provideRole(sql, role)
    await requireBoundRole(sql, login, role)
    if (login.superuser) await admitRole(sql, role)
    return underRole(url, role)
  } finally {
    await sql.end({ timeout: 5 })
  }
}

async function readLogin(sql: Sql, url: string): Promise<Login> {
  const rows = await sql<Login[]>`
    select current_user as name, rolsuper as superuser, rolbypassrls as bypasses
    from pg_roles where rolname = current_user`.catch((cause) => {
    throw DatabaseError.unreachable(url, cause)
  })
  return rows[0] ?? { name: '', superuser: false, bypasses: false }
}

/** Several servers may start at once, on several databases of one cluster: whoever comes second finds the role. */
async function provideRole(sql: Sql, role: string): Promise<void> {
  const known = await sql`select from pg_roles where rolname = ${role}`
  if (known.count > 0) return
  await sql`create role ${sql(role)} nologin nosuperuser nobypassrls nocreatedb nocreaterole`.catch((error) => {
    if (!DUPLICATE.has(error.code)) throw error
  })
}

const DUPLICATE = new Set(['42710', '23505'])

/** Lets the role make what the server needs: its tables, and the queue's schema. */
async function admitRole(sql: Sql, role: string): Promise<void> {
  const [place] = await sql<{ database: string; schema: string }[]>`
    select current_database() as database, coalesce(current_schema(), 'public') as schema`
  if (place === undefined) return
  // Two grants of one privilege at once may collide; each is there afterwards.
  await sql`select pg_advisory_lock(hashtext('sluice role'))`
  await sql`grant create on database ${sql(place.database)} to ${sql(role)}`
  await sql`grant usage, create on schema ${sql(place.schema)} to ${sql(role)}`
  await sql`select pg_advisory_unlock(hashtext('sluice role'))`
}

async function requireBoundRole(sql: Sql, login: Login, role: string): Promise<void> {
  const [found] = await sql<{ bypasses: boolean; member: boolean }[]>`
    select rolsuper or rolbypassrls as bypasses, pg_has_role(current_user, oid, 'member') as member
    from pg_roles where rolname = ${role}`
  if (found?.member && !found.bypasses) return
  const fault =
    found === undefined
      ? `a role ${role} does not exist, and only a superuser's login could make it`
      : found.bypasses
        ? `the role ${role} may bypass it too`
        : `the login is no member of the role ${role}`
  throw new DatabaseError(
    'row_level_security_bypassed',
    `The login ${login.name} bypasses row-level security, which keeps tenants apart, and ${fault}. Use a login ` +
      'without SUPERUSER and BYPASSRLS in DATABASE_URL, or name in SLUICE_DATABASE_ROLE a role that it may take.',
  )
}

/** As libpq's `options` (PostgreSQL manual §34.1.2), so that the address works for every program. */
function underRole(url: string, role: string): string {
  const bound = new URL(url)
  const options = bound.searchParams.get('options')
  bound.searchParams.set('options', `${options === null ? '' : `${options} `}-c role=${role}`)
  return bound.toString()
}
