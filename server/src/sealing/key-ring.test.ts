import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { connectDatabase } from '../database/connect.ts'
import { createTestDatabase } from '../testing/database.ts'
import { uuidv7 } from '../uuid.ts'
import { openMasterKeyFile } from './key-encryption-key.ts'
import { createKeyRing, type KeyRing, neededKeyEncryptionKeys, type SealedPlace } from './key-ring.ts'

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
  const masterKey = await openMasterKeyFile(join(directory, 'key.json'), [])
  const [tenant_id = '', other_tenant_id = ''] = tenants
  const place: SealedPlace = { tenant_id, table: 'grants', column: 'sealed', row: 'row-1' }
  return { db, masterKey, ring: createKeyRing(db, masterKey), place, other_tenant_id }
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
  const { db, masterKey, ring, place } = await openRing(t)
  const value = { access_token: 'a token', list: [1, null, 'ü'] }
  const first = await ring.seal(place, value)
  const second = await ring.seal(place, value)
  assert.notDeepEqual(first, second)
  assert.ok(!first.includes('a token'))
  assert.deepEqual(await createKeyRing(db, masterKey).open(place, first), value)
  assert.deepEqual(await neededKeyEncryptionKeys(db), [masterKey.id])
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
