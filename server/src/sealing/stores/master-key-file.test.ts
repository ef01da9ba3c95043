import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { openMasterKeyFile } from './master-key-file.ts'

const fresh = { needed_key_ids: [], is_ours: true }

async function directoryFor(t: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'sluice-master-key-'))
  t.after(() => rm(directory, { recursive: true }))
  return directory
}

test('a missing master key is created for its owner alone, once', async (t) => {
  const directory = await directoryFor(t)
  const path = join(directory, 'key.json')
  const keys = await Promise.all([1, 2, 3].map(() => openMasterKeyFile(path, fresh)))
  assert.equal(new Set(keys.map((store) => store.current().id)).size, 1)
  assert.equal((await stat(path)).mode & 0o777, 0o600)
  assert.deepEqual(await readdir(directory), ['key.json'])
})

test('it unwraps what it wrapped', async (t) => {
  const store = await openMasterKeyFile(join(await directoryFor(t), 'key.json'), fresh)
  const dataKey = Buffer.alloc(32, 7)
  const key = store.current()
  assert.deepEqual(await key.unwrap(await key.wrap(dataKey, 'a'), 'a'), dataKey)
  await assert.rejects(key.unwrap(await key.wrap(dataKey, 'a'), 'b'), { code: 'data_key_damaged' })
})

test('a key that the data needs is not silently made anew', async (t) => {
  const path = join(await directoryFor(t), 'key.json')
  await assert.rejects(
    openMasterKeyFile(path, { ...fresh, needed_key_ids: ['needed-id'] }),
    (error: Error & { code?: string }) => {
      assert.equal(error.code, 'master_key_missing')
      assert.match(error.message, /needed-id/)
      return true
    },
  )
  await assert.rejects(stat(path))
})

test('a renewed file still unwraps with the earlier key, until that is forgotten', async (t) => {
  const path = join(await directoryFor(t), 'key.json')
  const store = await openMasterKeyFile(path, fresh)
  const earlier = store.current()
  await store.renew?.()
  assert.notEqual(store.current().id, earlier.id)
  const again = await openMasterKeyFile(path, { ...fresh, needed_key_ids: [earlier.id] })
  assert.deepEqual(
    again.keys().map(({ id }) => id),
    [store.current().id, earlier.id],
  )
  await store.forget?.([earlier.id])
  assert.equal((await openMasterKeyFile(path, fresh)).keys().length, 2)
  await store.forget?.([])
  await again.reload?.()
  assert.deepEqual(
    again.keys().map(({ id }) => id),
    [store.current().id],
  )
  assert.deepEqual(await readdir(join(path, '..')), ['key.json'])
  assert.equal((await stat(path)).mode & 0o777, 0o600)
})

test('a file that the operator named is not ours to change', async (t) => {
  const store = await openMasterKeyFile(join(await directoryFor(t), 'key.json'), { ...fresh, is_ours: false })
  assert.equal(store.renew, undefined)
  assert.equal(store.forget, undefined)
})

test('a file that is no key, or cannot be read, names the key that the data needs', async (t) => {
  const directory = await directoryFor(t)
  const garbage = join(directory, 'garbage.json')
  await writeFile(garbage, '{"kty":"oct","k":"short"}')
  for (const path of [garbage, directory]) {
    await assert.rejects(
      openMasterKeyFile(path, { ...fresh, needed_key_ids: ['needed-id'] }),
      (error: Error & { code?: string }) => {
        assert.equal(error.code, 'master_key_unreadable')
        assert.match(error.message, /needed-id/)
        assert.ok(!error.message.includes('short'))
        return true
      },
    )
  }
})
