// Group commit: while one batch is on its way to the database, what comes meanwhile makes the next one. Whoever adds
// something waits for the commit of their own part, and many share one.
import { isDatabaseAway } from './database-away.ts'

export interface GroupCommit<Item, Result> {
  /** Resolves when the item is durable; rejects when it could not be written. */
  add(item: Item): Promise<Result>
}

interface Waiting<Item, Result> {
  item: Item
  resolve: (result: Result) => void
  reject: (error: unknown) => void
}

const MAXIMUM_BATCH = 500
/** So many must wait before another batch is sent behind one that is on its way. */
const WORTH_A_BATCH = 8

/**
 * `write` is one transaction for all items, and gives their results in the same order. `at_once`, 1 by default, is how many
 * batches may be on their way: the next one's reading is done while the one before waits for the disk.
 */
export function createGroupCommit<Item, Result>(
  write: (items: Item[]) => Promise<Result[]>,
  { at_once = 1 }: { at_once?: number } = {},
): GroupCommit<Item, Result> {
  let waiting: Waiting<Item, Result>[] = []
  let writing = 0

  async function writeAll(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting.slice(0, MAXIMUM_BATCH)
      waiting = waiting.slice(MAXIMUM_BATCH)
      await settle(batch)
    }
    writing -= 1
  }

  async function settle(batch: Waiting<Item, Result>[]): Promise<void> {
    try {
      const results = await write(batch.map(({ item }) => item))
      batch.forEach(({ resolve }, index) => {
        // `write` gives one result for each item.
        resolve(results[index] as Result)
      })
    } catch (error) {
      // What the database refuses of one must not be the end of the others.
      if (batch.length > 1 && !isDatabaseAway(error)) for (const one of batch) await settle([one])
      else for (const { reject } of batch) reject(error)
    }
  }

  return {
    add(item) {
      const { promise, resolve, reject } = Promise.withResolvers<Result>()
      waiting.push({ item, resolve, reject })
      if (writing === 0 || (writing < at_once && waiting.length >= WORTH_A_BATCH)) {
        writing += 1
        // Whoever comes in the same turn of the event loop joins the batch.
        setImmediate(writeAll)
      }
      return promise
    },
  }
}
