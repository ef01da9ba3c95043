// The documents of a transaction, one a key, in bounded memory: beyond it they lie in a file, in portions by their keys.
import type { JsonObject, JsonValue } from '@sluice/connector-specs'
import { reduceDocuments } from '../reduce/reduce-documents.ts'
import { type ReductionPlan, reductionPlan } from '../reduce/reduction-plan.ts'
import { packedKey } from './documents.ts'
import type { SelectedBinding } from './requests.ts'
import { type Extent, openSpillFile, type SpillFile } from './spill-file.ts'

const PORTIONS = 256
const DEFAULT_MEMORY = 32 * 1024 * 1024

export interface GatheredDocument {
  /** Of the binding. */
  index: number
  document: JsonObject
  /** It took the place of one that was deleted in the same transaction. */
  anew: boolean
}

/** What the destination is to be told to store. */
export interface StoredDocument {
  index: number
  document: JsonObject
  exists: boolean
  deleted: boolean
}

export interface GatheredDocuments {
  /** Documents that a checkpoint followed. */
  committable: number
  /** Documents since the last checkpoint. */
  open: number
  /** About how many bytes came, in memory or not. */
  bytes: number
  add(index: number, document: JsonObject): Promise<void>
  /** All that came so far belongs to the transaction. */
  checkpoint(): void
  /** Forgets what came since the last checkpoint. */
  drop(): void
  /** One document of each key. Those of one portion are in memory at once. */
  documents(): AsyncGenerator<GatheredDocument, void, void>
  /** Takes a document that the destination has. */
  load(index: number, document: JsonObject): Promise<void>
  /** What is to be stored, with what was loaded reduced into it. @throws UnaskedDocument */
  stores(): AsyncGenerator<StoredDocument, void, void>
  /** Begins the next transaction. */
  clear(): Promise<void>
}

/** The destination gave a document of a key that it was not asked for. */
export class UnaskedDocument extends Error {}

type Documents = Map<string, GatheredDocument>

/** @param memory about how many bytes of documents may be held @throws ConnectorError `unsuitable` as `reductionPlan` does */
export function gatherDocuments(bindings: readonly SelectedBinding[], memory = DEFAULT_MEMORY): GatheredDocuments {
  const plans = bindings.map(({ collection: { name, schema } }) => ({
    collection: name,
    plan: reductionPlan(name, schema),
  }))
  let held: Documents = new Map()
  let recent: Documents = new Map()
  let loaded: Documents = new Map()
  let inMemory = 0
  let loadedBytes = 0
  let file: SpillFile | null = null
  let aside = portions()
  let recentAside = portions()
  let loadedAside = portions()

  const idOf = (index: number, document: JsonObject) => {
    const binding = bindings[index]
    if (!binding) throw new RangeError(`There is no binding ${index}.`)
    return `${index} ${packedKey(binding, document).toString('latin1')}`
  }
  const isDeleted = ({ index, document }: GatheredDocument) =>
    !bindings[index]?.delta_updates && (plans[index]?.plan.resolve(document).strategy.deletes ?? false)
  const put = (into: Documents, id: string, next: GatheredDocument) => {
    const before = into.get(id)
    const reduction = plans[next.index]
    if (!before || !reduction || next.anew) return void into.set(id, next)
    if (isDeleted(before)) return void into.set(id, { ...next, anew: true })
    const document = reduceDocuments(reduction, before.document, next.document, false)
    into.set(id, { ...before, document })
  }
  const putAside = async (documents: Documents, extents: Extent[][]) => {
    file ??= await openSpillFile()
    const texts: string[] = Array.from({ length: PORTIONS }, () => '')
    for (const [id, { index, document, anew }] of documents) {
      texts[portionOf(id)] += `${JSON.stringify([index, anew, document])}\n`
    }
    for (const [portion, text] of texts.entries()) if (text) extents[portion]?.push(await file.append(text))
    documents.clear()
  }
  const makeRoom = async () => {
    await putAside(held, aside)
    await putAside(recent, recentAside)
    inMemory = 0
  }
  const read = async (extents: Extent[], into: Documents) => {
    for (const extent of extents) {
      for (const line of (await file?.read(extent))?.split('\n') ?? []) {
        if (!line) continue
        const [index, anew, document] = JSON.parse(line) as [number, boolean, JsonObject]
        put(into, idOf(index, document), { index, document, anew })
      }
    }
    return into
  }
  /** The documents of the transaction with those that were loaded of the same keys. */
  async function* groups(): AsyncGenerator<{ documents: Documents; found: Documents }, void, void> {
    if (!file) return yield { documents: held, found: loaded }
    await putAside(held, aside)
    await putAside(loaded, loadedAside)
    for (const [portion, extents] of aside.entries()) {
      const found = await read(loadedAside[portion] ?? [], new Map())
      if (extents.length > 0 || found.size > 0) yield { documents: await read(extents, new Map()), found }
    }
  }

  const gathered: GatheredDocuments = {
    committable: 0,
    open: 0,
    bytes: 0,
    async add(index, document) {
      const size = sizeOf(document)
      put(recent, idOf(index, document), { index, document, anew: false })
      gathered.open += 1
      gathered.bytes += size
      inMemory += size
      if (inMemory > memory) await makeRoom()
    },
    checkpoint() {
      for (const [id, document] of recent) put(held, id, document)
      recent = new Map()
      for (const [portion, extents] of recentAside.entries()) aside[portion]?.push(...extents)
      recentAside = portions()
      gathered.committable += gathered.open
      gathered.open = 0
    },
    drop() {
      recent = new Map()
      recentAside = portions()
      gathered.open = 0
    },
    async *documents() {
      for await (const { documents } of groups()) yield* documents.values()
    },
    async load(index, document) {
      const id = idOf(index, document)
      if (!file && !held.has(id)) throw new UnaskedDocument()
      loaded.set(id, { index, document, anew: false })
      loadedBytes += sizeOf(document)
      if (loadedBytes > memory) {
        await putAside(loaded, loadedAside)
        loadedBytes = 0
      }
    },
    async *stores() {
      for await (const { documents, found } of groups()) {
        for (const id of found.keys()) if (!documents.has(id)) throw new UnaskedDocument()
        for (const [id, gatheredOne] of documents) {
          const before = found.get(id)
          const stored = reduced(gatheredOne, before?.document, plans[gatheredOne.index])
          const deleted = isDeleted({ ...gatheredOne, document: stored })
          // What is not there need not be deleted.
          if (before || !deleted)
            yield { index: gatheredOne.index, document: stored, exists: before !== undefined, deleted }
        }
      }
    },
    async clear() {
      held = new Map()
      loaded = new Map()
      inMemory = 0
      loadedBytes = 0
      gathered.committable = 0
      gathered.bytes = 0
      aside = portions()
      loadedAside = portions()
      await file?.close()
      file = null
    },
  }
  return gathered
}

function reduced(
  { document, anew }: GatheredDocument,
  before: JsonObject | undefined,
  reduction: { collection: string; plan: ReductionPlan } | undefined,
): JsonObject {
  return before && reduction && !anew ? reduceDocuments(reduction, before, document, true) : document
}

function portions(): Extent[][] {
  return Array.from({ length: PORTIONS }, () => [])
}

/** FNV-1a. */
function portionOf(id: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < id.length; index += 1) hash = Math.imul(hash ^ id.charCodeAt(index), 0x01000193)
  return (hash >>> 0) % PORTIONS
}

/** About what a value takes up. */
function sizeOf(value: JsonValue | undefined): number {
  if (typeof value === 'string') return 24 + value.length
  if (typeof value !== 'object' || value === null) return 12
  if (Array.isArray(value)) return value.reduce<number>((sum, item) => sum + sizeOf(item), 32)
  return Object.entries(value).reduce((sum, [name, item]) => sum + 8 + name.length + sizeOf(item), 48)
}
