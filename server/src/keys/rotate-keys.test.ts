import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { type Kysely, sql } from 'kysely'
import { pino } from 'pino'
import { createAuditLog } from '../audit/audit-log.ts'
import { connectDatabase } from '../database/connect.ts'
import type { Database } from '../database/schema.ts'
import { neededKeyEncryptionKeys, registerKeyEncryptionKey } from '../sealing/data-keys.ts'
import { createKeyRing, type KeyRing } from '../sealing/key-ring.ts'
import { type KeySettings, openKeyEncryptionKeys } from '../sealing/open-key-encryption-keys.ts'
import { SEALED_COLUMNS } from '../sealing/sealed-columns.ts'
import { createTestDatabase } from '../testing/database.ts'
import { defer } from '../testing/defer.ts'
import { startVaultTransit, VAULT_TOKEN } from '../testing/key-stores/vault-transit.ts'
import { startProgram } from '../testing/program.ts'
import { temporaryDirectory } from '../testing/temporary-directory.ts'
import { uuidv7 } from '../uuid.ts'
import { deleteRetiredKeys } from './retire-keys.ts'
import { continueRotation } from './rotate-keys.ts'

const PROGRAM = fileURLToPath(new URL('../testing/rotate-keys.ts', import.meta.url))

async function openInstallation(t: TestContext) {
  const database = await createTestDatabase()
  defer(t, database.drop)
  const { db, close } = connectDatabase(database.url)
  defer(t, close)
  const directory = temporaryDirectory(t)
  /** As a process that has just started opens them. */
  const open = async (changes: Partial<KeySettings> = {}) => {
    const key_encryption_keys = await openKeyEncryptionKeys({
      key_encryption_key: null,
      other_key_encryption_keys: [],
      own_file: join(directory, 'master-key.json'),
      needed_key_ids: await neededKeyEncryptionKeys(db),
      env: {},
      ...changes,
    })
    await registerKeyEncryptionKey(db, key_encryption_keys)
    const keys = createKeyRing(db, key_encryption_keys)
    const audit = createAuditLog({ db, now: () => new Date() })
    return { db, keys, key_encryption_keys, audit, log: pino({ enabled: false }) }
  }
  const services = await open()
  const tenants = [uuidv7(), uuidv7()]
  for (const id of tenants) await db.insertInto('tenants').values({ id, name: id }).execute()
  for (const tenant_id of tenants) await fill(db, services.keys, tenant_id)
  return { db, url: database.url, directory, tenants, services, open }
}

const placeOf = (tenant_id: string, row: string) => ({ tenant_id, table: 'webhook_endpoints', column: 'secret', row })

async function fill(db: Kysely<Database>, keys: KeyRing, tenant_id: string) {
  for (let index = 0; index < 15; index += 1) {
    const id = uuidv7()
    const secret_sealed = await keys.seal(placeOf(tenant_id, id), `secret of ${id}`)
    const earlier_secret_sealed = index % 2 === 0 ? null : await keys.seal(placeOf(tenant_id, id), `earlier of ${id}`)
    const row = { id, tenant_id, url: 'https://customer.example', secret_sealed, earlier_secret_sealed }
    await db.insertInto('webhook_endpoints').values(row).execute()
  }
}

async function assertAllOpen(db: Kysely<Database>, keys: KeyRing): Promise<void> {
  const rows = await db.selectFrom('webhook_endpoints').selectAll().execute()
  assert.equal(rows.length, 30)
  for (const { id, tenant_id, secret_sealed, earlier_secret_sealed } of rows) {
    assert.equal(await keys.open(placeOf(tenant_id, id), secret_sealed), `secret of ${id}`)
    if (earlier_secret_sealed === null) continue
    assert.equal(await keys.open(placeOf(tenant_id, id), earlier_secret_sealed), `earlier of ${id}`)
  }
}

function startedRotation(db: Kysely<Database>, tenant_id: string) {
  const requested_by = { tenant_id, actor: { type: 'api_key', id: 'key' } as const }
  return db.insertInto('key_rotations').values({ id: uuidv7(), requested_by }).execute()
}

const rotation = (db: Kysely<Database>) => db.selectFrom('key_rotations').selectAll().executeTakeFirstOrThrow()

/** The ids of the data keys that the rows name. */
async function keysInUse(db: Kysely<Database>): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    select distinct encode(substring(sealed from 2 for 16), 'hex')::uuid as id
    from (select secret_sealed as sealed from webhook_endpoints union all
      select earlier_secret_sealed from webhook_endpoints where earlier_secret_sealed is not null) as all_sealed
    order by id`.execute(db)
  return rows.map(({ id }) => id)
}

test('S44 a rotation that is killed at any step goes on, and nothing is lost', async (t) => {
  const { db, url, directory, tenants, services, open } = await openInstallation(t)
  const before = { kek: services.key_encryption_keys.current().id, data_keys: await keysInUse(db) }
  await startedRotation(db, tenants[0] ?? '')

  const kills = [
    ['renewed', '1'],
    ['registered', '1'],
    ['rewrapped', '1'],
    ['data key made', '1'],
    ['resealed', '1'],
    ['resealed', '2'],
    ['retired', '1'],
  ]
  for (const kill of kills) {
    const program = await startProgram(t, PROGRAM, [url, directory, ...kill])
    assert.equal(program.first_line, 'stopped', kill.join())
    await program.kill()
    await assertAllOpen(db, (await open()).keys)
    assert.equal((await rotation(db)).status, 'running')
  }
  const last = await startProgram(t, PROGRAM, [url, directory])
  assert.equal(last.first_line, 'finished')

  const { status, error_code, rows_resealed, rows_total } = await rotation(db)
  assert.deepEqual({ status, error_code }, { status: 'finished', error_code: null })
  assert.ok(Number(rows_resealed) <= Number(rows_total))
  const after = await open()
  await assertAllOpen(db, after.keys)
  const newest = await db.selectFrom('data_keys').select('id').where('retired_at', 'is', null).orderBy('id').execute()
  assert.deepEqual(
    newest.map(({ id }) => id),
    await keysInUse(db),
  )
  assert.equal(newest.length, tenants.length)
  assert.ok(before.data_keys.every((id) => !newest.some((key) => key.id === id)))
  const kek = after.key_encryption_keys.current().id
  assert.notEqual(kek, before.kek)
  assert.deepEqual(await neededKeyEncryptionKeys(db), [kek])
  assert.ok(
    !('keys' in JSON.parse(readFileSync(join(directory, 'master-key.json'), 'utf8'))),
    'one key is left in the file',
  )
})

test('values are found by keys of every kind: ids, texts and hashes', async (t) => {
  const { db, tenants, services, open } = await openInstallation(t)
  const [tenant_id = ''] = tenants
  const expires_at = new Date(Date.now() + 60_000)
  const hashes = [1, 2, 3].map((byte) => Buffer.alloc(32, byte))
  const signIn = (hash: Buffer) => ({
    tenant_id,
    table: 'console_sign_ins',
    column: 'sealed',
    row: hash.toString('hex'),
  })
  for (const hash of hashes) {
    const sealed = await services.keys.seal(signIn(hash), 'kept')
    const row = { state_hash: hash, tenant_id, browser_hash: hash, sealed, expires_at }
    await db.insertInto('console_sign_ins').values(row).execute()
  }
  await startedRotation(db, tenant_id)
  await continueRotation(services, { signal: new AbortController().signal, settle_ms: 0, batch_size: 2 })
  assert.equal((await rotation(db)).error_code, null)
  const { keys } = await open()
  const [newest] = await db
    .selectFrom('data_keys')
    .select('id')
    .where('tenant_id', '=', tenant_id)
    .where('retired_at', 'is', null)
    .execute()
  for (const hash of hashes) {
    const row = await db
      .selectFrom('console_sign_ins')
      .select('sealed')
      .where('state_hash', '=', hash)
      .executeTakeFirstOrThrow()
    assert.equal(await keys.open(signIn(hash), row.sealed), 'kept')
    assert.equal(row.sealed.subarray(1, 17).toString('hex'), newest?.id.replaceAll('-', ''))
  }
})

test('values that are written while keys rotate are neither lost nor left behind', async (t) => {
  const { db, tenants, services, open } = await openInstallation(t)
  // Another server, which goes on sealing with the key that it knows.
  const other = await open()
  const [tenant_id = ''] = tenants
  await startedRotation(db, tenant_id)
  const rows = await db.selectFrom('webhook_endpoints').select('id').where('tenant_id', '=', tenant_id).execute()
  const written = new Map<string, string>()
  let writes = 0
  await continueRotation(services, {
    signal: new AbortController().signal,
    batch_size: 5,
    settle_ms: 0,
    async onStep() {
      for (const { id } of rows.slice(0, 3)) {
        if (writes >= 9) return
        writes += 1
        const value = `written ${writes}`
        const secret_sealed = await other.keys.seal(placeOf(tenant_id, id), value)
        await db.updateTable('webhook_endpoints').set({ secret_sealed }).where('id', '=', id).execute()
        written.set(id, value)
      }
    },
  })
  const { keys } = await open()
  for (const [id, value] of written) {
    const row = await db
      .selectFrom('webhook_endpoints')
      .select('secret_sealed')
      .where('id', '=', id)
      .executeTakeFirstOrThrow()
    assert.equal(await keys.open(placeOf(tenant_id, id), row.secret_sealed), value)
  }
  assert.equal((await keysInUse(db)).length, tenants.length)
})

test('moving from the file to a key service wraps everything there, and the file is needed no longer', async (t) => {
  const { db, directory, tenants, open } = await openInstallation(t)
  const vault = await startVaultTransit(t)
  const key_encryption_key = `vault-transit:${vault.origin}/team/transit/sluice`
  const other_key_encryption_keys = [`file:${join(directory, 'master-key.json')}`]
  const env = { VAULT_TOKEN }
  const moving = await open({ key_encryption_key, other_key_encryption_keys, env })
  await assertAllOpen(db, moving.keys)
  await startedRotation(db, tenants[0] ?? '')
  await continueRotation(moving, { signal: new AbortController().signal, settle_ms: 0 })
  assert.equal((await rotation(db)).status, 'finished')
  assert.deepEqual(await neededKeyEncryptionKeys(db), [moving.key_encryption_keys.current().id])
  const moved = await open({ key_encryption_key, env })
  await assertAllOpen(db, moved.keys)
})

test('a value that does not open is left as it is with its key, and the rotation says so', async (t) => {
  const { db, tenants, services } = await openInstallation(t)
  const [before = ''] = await keysInUse(db)
  await sql`update webhook_endpoints set secret_sealed = secret_sealed || '\\x00'::bytea
    where id = (select min(id::text)::uuid from webhook_endpoints)`.execute(db)
  await startedRotation(db, tenants[0] ?? '')
  await continueRotation(services, { signal: new AbortController().signal, settle_ms: 0 })
  const { status, error_code } = await rotation(db)
  assert.deepEqual({ status, error_code }, { status: 'finished', error_code: 'sealed_data_damaged' })
  const kept = await db.selectFrom('data_keys').select('retired_at').where('id', '=', before).executeTakeFirst()
  assert.equal(kept?.retired_at, null)
})

test('a retired data key is deleted a day later, and not when something refers to it after all', async (t) => {
  const { db, tenants, services } = await openInstallation(t)
  const stale = await db
    .selectFrom('webhook_endpoints')
    .selectAll()
    .where('tenant_id', '=', tenants[0] ?? '')
    .executeTakeFirstOrThrow()
  await startedRotation(db, tenants[0] ?? '')
  await continueRotation(services, { signal: new AbortController().signal, settle_ms: 0 })
  const retired = () => db.selectFrom('data_keys').select('tenant_id').where('retired_at', 'is not', null).execute()
  await deleteRetiredKeys(services)
  assert.equal((await retired()).length, 2)
  // A process that was held up for a day writes what it sealed before.
  await db
    .updateTable('webhook_endpoints')
    .set({ secret_sealed: stale.secret_sealed })
    .where('id', '=', stale.id)
    .execute()
  await sql`update data_keys set retired_at = retired_at - interval '25 hours' where retired_at is not null`.execute(db)
  await deleteRetiredKeys(services)
  assert.deepEqual(await retired(), [{ tenant_id: tenants[0] }])
})

test('every sealed column of the database is one that a rotation visits', async (t) => {
  const database = await createTestDatabase()
  defer(t, database.drop)
  const { db, close } = connectDatabase(database.url)
  defer(t, close)
  const { rows } = await sql<{ name: string }>`
    select table_name || '.' || column_name as name from information_schema.columns
    where table_schema = 'public' and data_type = 'bytea' and column_name like '%sealed' order by name`.execute(db)
  const visited = SEALED_COLUMNS.map(({ table, column }) => `${table}.${column}`)
  assert.deepEqual(rows.map(({ name }) => name).sort(), visited.toSorted())
})
