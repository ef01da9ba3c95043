// Where the lab's materialization keeps its tables: one JSON object in memory, in a file, or at an address that answers
// GET and takes PUT. It is written whole, so a transaction is there or it is not.
import { readFile, rename, writeFile } from 'node:fs/promises'

export interface Row {
  key: unknown[]
  values: unknown[]
  doc?: object
}

export interface Tables {
  /** Rows by table and key. */
  tables: Record<string, Record<string, Row>>
  /** The last transaction that was stored. */
  transaction: string | null
  /** Flow's checkpoints by materialization, where the store is the one that keeps them. */
  checkpoints: Record<string, object>
}

export interface Store extends Tables {
  save(): Promise<void>
}

const EMPTY: Tables = { tables: {}, transaction: null, checkpoints: {} }

/** @throws Error when the place does not answer, or holds something else */
export async function openStore(place: string | undefined): Promise<Store> {
  const kept = place ? await read(place) : EMPTY
  const store: Store = {
    ...structuredClone(kept),
    async save() {
      const { tables, transaction, checkpoints } = store
      if (place) await write(place, JSON.stringify({ tables, transaction, checkpoints }))
    },
  }
  return store
}

const isAddress = (place: string) => /^https?:/.test(place)

async function read(place: string): Promise<Tables> {
  if (!isAddress(place)) {
    const text = await readFile(place, 'utf8').catch(() => null)
    return text === null ? EMPTY : JSON.parse(text)
  }
  const response = await fetch(place)
  if (response.status === 404) return EMPTY
  if (!response.ok) throw new Error(`The store answered ${response.status}. Check its address.`)
  return (await response.json()) as Tables
}

async function write(place: string, text: string): Promise<void> {
  if (!isAddress(place)) {
    await writeFile(`${place}.new`, text, { mode: 0o600 })
    return await rename(`${place}.new`, place)
  }
  const response = await fetch(place, { method: 'PUT', headers: { 'content-type': 'application/json' }, body: text })
  if (!response.ok) throw new Error(`The store answered ${response.status}. Check its address.`)
}
