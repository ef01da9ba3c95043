// Reads by key that come at the same time share one statement: what a busy server saves is a round trip, a plan and a
// message for each.

const MAXIMUM_KEYS = 100

interface Waiting<Row> {
  key: string
  resolve: (row: Row | undefined) => void
  reject: (error: unknown) => void
}

/**
 * A read by key; while one statement is on its way, what comes makes the next one. `read` gives the rows of many keys, by
 * key, those that exist. A read never joins a statement that is on its way, so it sees what was committed before it began.
 */
export function createBatchedRead<Row>(
  read: (keys: string[]) => Promise<Map<string, Row>>,
): (key: string) => Promise<Row | undefined> {
  let waiting: Waiting<Row>[] = []
  let busy = false

  const schedule = () => {
    if (busy || waiting.length === 0) return
    busy = true
    // Whoever comes in the same turn of the event loop joins.
    setImmediate(() => {
      const batch = waiting.slice(0, MAXIMUM_KEYS)
      waiting = waiting.slice(MAXIMUM_KEYS)
      void answer(batch).finally(() => {
        busy = false
        schedule()
      })
    })
  }

  async function answer(batch: Waiting<Row>[]): Promise<void> {
    try {
      const rows = await read([...new Set(batch.map(({ key }) => key))])
      for (const { key, resolve } of batch) resolve(rows.get(key))
    } catch (error) {
      for (const { reject } of batch) reject(error)
    }
  }

  return (key) => {
    const { promise, resolve, reject } = Promise.withResolvers<Row | undefined>()
    waiting.push({ key, resolve, reject })
    schedule()
    return promise
  }
}
