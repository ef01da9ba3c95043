import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { type Kysely, sql } from 'kysely'
import { createTestDatabase } from '../testing/database.ts'
import { defer } from '../testing/defer.ts'
import { uuidv7 } from '../uuid.ts'
import { bindToRowSecurity } from './bind-to-row-security.ts'
import { connectDatabase } from './connect.ts'
import { inTenant } from './in-tenant.ts'
import { migrate } from './migrate.ts'
import type { Database } from './schema.ts'

/** An empty database that a superuser made, and the superuser's address of it; null where tests know no superuser. */
async function superusersDatabase(t: TestContext): Promise<{ url: string; admin: Kysely<Database> } | null> {
  const { url: testUrl, drop } = await createTestDatabase()
  defer(t, drop)
  const home = new URL(testUrl)
  home.username = 'postgres'
  const { db: admin, close } = connectDatabase(home.toString(), { connections: 1 })
  defer(t, close)
  if (await sql`select 1`.execute(admin).catch(() => null)) {
    const name = `sluice_bypass_${uuidv7().replaceAll('-', '')}`
    await sql`create database ${sql.id(name)}`.execute(admin)
    defer(t, async () => {
      await sql`drop database ${sql.id(name)} with (force)`.execute(admin)
    })
    home.pathname = `/${name}`
    return { url: home.toString(), admin }
  }
  return null
}

async function makeRole(t: TestContext, admin: Kysely<Database>, attributes: string): Promise<string> {
  const name = `sluice_test_${uuidv7().replaceAll('-', '')}`
  await sql`create role ${sql.id(name)} ${sql.raw(attributes)}`.execute(admin)
  defer(t, async () => {
    await sql`drop role ${sql.id(name)}`.execute(admin)
  })
  return name
}

test('a superuser’s database is worked in as a role that row-level security binds', async (t) => {
  const place = await superusersDatabase(t)
  if (place === null) return t.skip('the login of a superuser is not known here')
  const urls = await Promise.all([1, 2, 3].map(() => bindToRowSecurity(place.url, 'sluice_server')))
  const [url = ''] = urls
  await migrate(url)
  const { db, close } = connectDatabase(url)
  defer(t, close)
  const { rows } = await sql<{ bypasses: boolean; name: string }>`
    select rolsuper or rolbypassrls as bypasses, rolname as name from pg_roles where rolname = current_user`.execute(db)
  assert.deepEqual(rows, [{ bypasses: false, name: 'sluice_server' }])
  const [mine, theirs] = [uuidv7(), uuidv7()]
  for (const id of [mine, theirs]) await db.insertInto('tenants').values({ id, name: 'tenant' }).execute()
  assert.deepEqual(await inTenant(db, mine).selectFrom('tenants').select('id').execute(), [{ id: mine }])
  assert.equal((await db.selectFrom('tenants').select('id').execute()).length, 2)
  await sql`create schema for_the_queue`.execute(db)
})

test('a login that is bound already is used as it is', async (t) => {
  const { url, drop } = await createTestDatabase()
  defer(t, drop)
  assert.equal(await bindToRowSecurity(url, 'sluice_server'), url)
})

test('a login or role that bypasses row-level security, and no way around it, is refused with what to do', async (t) => {
  const place = await superusersDatabase(t)
  if (place === null) return t.skip('the login of a superuser is not known here')
  const bypassing = await makeRole(t, place.admin, 'login bypassrls')
  const asBypassing = new URL(place.url)
  asBypassing.username = bypassing
  const missing = `sluice_missing_${uuidv7().replaceAll('-', '')}`
  const refusals: [string, string, RegExp][] = [
    [asBypassing.toString(), missing, /does not exist.*SLUICE_DATABASE_ROLE/],
    [place.url, bypassing, /may bypass it too/],
  ]
  for (const [url, role, message] of refusals) {
    await assert.rejects(bindToRowSecurity(url, role), { code: 'row_level_security_bypassed', message })
  }
  const bound = await makeRole(t, place.admin, 'nologin')
  await assert.rejects(bindToRowSecurity(asBypassing.toString(), bound), /no member of the role/)
  await sql`grant ${sql.id(bound)} to ${sql.id(bypassing)}`.execute(place.admin)
  assert.match(await bindToRowSecurity(asBypassing.toString(), bound), /options=-c/)
})
