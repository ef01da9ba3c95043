import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { openMasterKeyFile } from './key-encryption-key.ts'

async function directoryFor(t: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'sluice-master-key-'))
  t.after(() => rm(directory, { recursive: true }))
  return directory
}

test('a missing master key is created for its owner alone, once', async (t) => {
  const directory = await directoryFor(t)
  const path = join(directory, 'key.json')
  const keys = await Promise.all([1, 2, 3].map(() => openMasterKeyFile(path, [])))
  assert.equal(new Set(keys.map((key) => key.id)).size, 1)
  assert.equal((await stat(path)).mode & 0o777, 0o600)
  assert.deepEqual(await readdir(directory), ['key.json'])
})

test('it unwraps what it wrapped', async (t) => {
  const key = await openMasterKeyFile(join(await directoryFor(t), 'key.json'), [])
  const dataKey = Buffer.alloc(32, 7)
  assert.deepEqual(await key.unwrap(await key.wrap(dataKey)), dataKey)
})

test('a key that the data needs is not silently made anew', async (t) => {
  const path = join(await directoryFor(t), 'key.json')
  await assert.rejects(openMasterKeyFile(path, ['needed-id']), (error: Error & { code?: string }) => {
    assert.equal(error.code, 'master_key_missing')
    assert.match(error.message, /needed-id/)
    return true
  })
  await assert.rejects(stat(path))
})

test('a foreign key is refused with the id that the data needs, and left as it is', async (t) => {
  const path = join(await directoryFor(t), 'key.json')
  const { id } = await openMasterKeyFile(path, [])
  const before = await readFile(path, 'utf8')
  await assert.rejects(openMasterKeyFile(path, ['another-id']), (error: Error & { code?: string }) => {
    assert.equal(error.code, 'master_key_foreign')
    assert.match(error.message, new RegExp(`${id}.*another-id`, 's'))
    assert.ok(!error.message.includes(JSON.parse(before).k))
    return true
  })
  assert.equal(await readFile(path, 'utf8'), before)
})

test('a file that is no key, or cannot be read, names the key that the data needs', async (t) => {
  const directory = await directoryFor(t)
  const garbage = join(directory, 'garbage.json')
  await writeFile(garbage, '{"kty":"oct","k":"short"}')
  for (const path of [garbage, directory]) {
    await assert.rejects(openMasterKeyFile(path, ['needed-id']), (error: Error & { code?: string }) => {
      assert.equal(error.code, 'master_key_unreadable')
      assert.match(error.message, /needed-id/)
      assert.ok(!error.message.includes('short'))
      return true
    })
  }
})
