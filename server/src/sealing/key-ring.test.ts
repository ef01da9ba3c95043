import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { connectDatabase } from '../database/connect.ts'
import { createTestDatabase } from '../testing/database.ts'
import { uuidv7 } from '../uuid.ts'
import { neededKeyEncryptionKeys, registerKeyEncryptionKey } from './data-keys.ts'
import { createKeyRing, type KeyRing, type SealedPlace } from './key-ring.ts'
import { openKeyEncryptionKeys } from './open-key-encryption-keys.ts'

async function openRing(t: TestContext) {
  const database = await createTestDatabase()
  const directory = await mkdtemp(join(tmpdir(), 'sluice-keys-'))
  const { db, close } = connectDatabase(database.url)
  t.after(async () => {
    await close()
    await database.drop()
    await rm(directory, { recursive: true })
  })
  const tenants = [uuidv7(), uuidv7()]
  for (const id of tenants) await db.insertInto('tenants').values({ id, name: id }).execute()
  const kek = await openKeyEncryptionKeys({
    key_encryption_key: null,
    other_key_encryption_keys: [],
    own_file: join(directory, 'key.json'),
    needed_key_ids: [],
    env: {},
  })
  await registerKeyEncryptionKey(db, kek)
  const [tenant_id = '', other_tenant_id = ''] = tenants
  const place: SealedPlace = { tenant_id, table: 'grants', column: 'sealed', row: 'row-1' }
  return { db, kek, ring: createKeyRing(db, kek), place, other_tenant_id }
}

const isDamaged = { code: 'sealed_data_damaged' }

async function assertEveryFlipIsNoticed(ring: KeyRing, place: SealedPlace, sealed: Buffer): Promise<void> {
  for (let index = 0; index < sealed.length; index += 1) {
    const flipped = Buffer.from(sealed)
    flipped[index] = (flipped[index] ?? 0) ^ 1
    await assert.rejects(ring.open(place, flipped), /SealingError/)
  }
}

test('what is sealed opens again, also in a process that has just started, and never reads the same twice', async (t) => {
  const { db, kek, ring, place } = await openRing(t)
  const value = { access_token: 'a token', list: [1, null, 'ü'] }
  const first = await ring.seal(place, value)
  const second = await ring.seal(place, value)
  assert.notDeepEqual(first, second)
  assert.ok(!first.includes('a token'))
  assert.deepEqual(await createKeyRing(db, kek).open(place, first), value)
  assert.deepEqual(await neededKeyEncryptionKeys(db), [kek.current().id])
})

test('S43 a flipped bit anywhere in a sealed value is noticed', async (t) => {
  const { ring, place } = await openRing(t)
  await assertEveryFlipIsNoticed(ring, place, await ring.seal(place, { token: 'secret' }))
})

test('S43 a sealed value does not open in another row, column, table or tenant', async (t) => {
  const { ring, place, other_tenant_id } = await openRing(t)
  const sealed = await ring.seal(place, 'secret')
  await assert.rejects(ring.open({ ...place, row: 'row-2' }, sealed), isDamaged)
  await assert.rejects(ring.open({ ...place, column: 'config' }, sealed), isDamaged)
  await assert.rejects(ring.open({ ...place, table: 'connections' }, sealed), isDamaged)
  await assert.rejects(ring.open({ ...place, tenant_id: other_tenant_id }, sealed), { code: 'data_key_unknown' })
  await assert.rejects(ring.open(place, sealed.subarray(0, 20)), isDamaged)
})

test('a data key is made under a key-encryption key that stands, also when another process has retired ours', async (t) => {
  const { db, kek, ring, place } = await openRing(t)
  const retired = kek.current().id
  await kek.renew()
  await registerKeyEncryptionKey(db, kek)
  await db.deleteFrom('key_encryption_keys').where('id', '=', retired).execute()
  const sealed = await ring.seal(place, 'value')
  assert.equal(await ring.open(place, sealed), 'value')
  assert.deepEqual(await neededKeyEncryptionKeys(db), [kek.current().id])
})

test('S43 a data key that was moved to another tenant does not unwrap', async (t) => {
  const { db, kek, ring, place, other_tenant_id } = await openRing(t)
  const sealed = await ring.seal(place, 'secret')
  await db
    .updateTable('data_keys')
    .set({ tenant_id: other_tenant_id })
    .where('tenant_id', '=', place.tenant_id)
    .execute()
  const moved = createKeyRing(db, kek).open({ ...place, tenant_id: other_tenant_id }, sealed)
  await assert.rejects(moved, { code: 'data_key_damaged' })
})
