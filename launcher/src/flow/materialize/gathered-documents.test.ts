import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { test } from 'node:test'
import type { JsonObject } from '@sluice/connector-specs'
import { type GatheredDocuments, gatherDocuments, type StoredDocument, UnaskedDocument } from './gathered-documents.ts'
import { projectionsOf } from './projections.ts'
import type { SelectedBinding } from './requests.ts'

function binding(name: string, delta_updates = false): SelectedBinding {
  const schema: JsonObject = {
    type: 'object',
    properties: { id: { type: 'string' }, n: { type: 'integer', reduce: { strategy: 'sum' } } },
    reduce: { strategy: 'merge' },
  }
  const collection = { name, key: ['/id'], schema }
  const keys = projectionsOf(collection).filter(({ is_key }) => is_key)
  const selection = { keys, values: [], document: null, field_config: {} }
  return { collection, resource_config: {}, resource_path: [name], delta_updates, selection, ser_policy: null }
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = []
  for await (const item of items) found.push(item)
  return found
}

const inOrder = (stored: StoredDocument[]) =>
  stored
    .map(({ index, document, exists }) => [index, String(document.id), Number(document.n), exists] as const)
    .toSorted((one, other) => (one.join() < other.join() ? -1 : 1))

/** Three hundred documents in a hundred keys of two collections, half of which the destination has. */
async function fill(gathered: GatheredDocuments): Promise<void> {
  for (let n = 0; n < 300; n += 1) {
    await gathered.add(n % 2, { id: `k${n % 50}`, n: 1 })
    if (n % 7 === 0) gathered.checkpoint()
  }
  gathered.checkpoint()
  await gathered.add(0, { id: 'k0', n: 1000 })
  gathered.drop()
  const asked = await all(gathered.documents())
  for (const { index, document } of asked) {
    if (Number(String(document.id).slice(1)) < 25) await gathered.load(index, { id: document.id ?? null, n: 10 })
  }
}

test('what does not fit in memory is reduced and stored like what does, and leaves nothing behind', async () => {
  const bindings = [binding('acme/even'), binding('acme/odd')]
  const [roomy, cramped] = [gatherDocuments(bindings), gatherDocuments(bindings, 500)]
  await fill(roomy)
  await fill(cramped)
  const stored = inOrder(await all(roomy.stores()))
  assert.equal(stored.length, 50)
  assert.deepEqual(stored[0], [0, 'k0', 16, true])
  assert.deepEqual(inOrder(await all(cramped.stores())), stored)
  assert.deepEqual([cramped.committable, cramped.open], [300, 0])
  await cramped.clear()
  await cramped.add(0, { id: 'k1', n: 1 })
  cramped.checkpoint()
  assert.deepEqual(inOrder(await all(cramped.stores())), [[0, 'k1', 1, false]])
  assert.deepEqual(
    (await readdir(tmpdir())).filter((name) => name.startsWith('sluice-spill-')),
    [],
  )
})

test('documents of the destination that do not fit in memory are put aside while the others are still asked for', async () => {
  const gathered = gatherDocuments([binding('acme/pets')], 10_000)
  for (let n = 0; n < 20; n += 1) await gathered.add(0, { id: `k${n}`, n: 1 })
  gathered.checkpoint()
  for await (const { index, document } of gathered.documents()) {
    await gathered.load(index, { ...document, n: 1, pad: 'x'.repeat(3_000) })
  }
  const stored = await all(gathered.stores())
  assert.deepEqual([stored.length, ...new Set(stored.map(({ document }) => document.n))], [20, 2])
  assert.ok(stored.every(({ document, exists }) => exists && String(document.pad).length === 3_000))
  await gathered.clear()
})

test('a document that was not asked for is noticed, whether it fits in memory or not', async () => {
  for (const memory of [undefined, 100]) {
    const gathered = gatherDocuments([binding('acme/pets')], memory)
    for (const id of ['a', 'b', 'c']) await gathered.add(0, { id, n: 1 })
    gathered.checkpoint()
    await assert.rejects(async () => {
      await all(gathered.documents())
      await gathered.load(0, { id: 'x' })
      await all(gathered.stores())
    }, UnaskedDocument)
    await gathered.clear()
  }
})
