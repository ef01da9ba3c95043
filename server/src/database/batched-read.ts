// Reads by key that come at the same time share one statement: what a busy server saves is a round trip, a plan and a
// message for each.

/** How many statements may be on their way; what comes meanwhile makes the next one. */
const STATEMENTS = 2
const MAXIMUM_KEYS = 100

interface Waiting<Row> {
  key: string
  resolve: (row: Row | undefined) => void
  reject: (error: unknown) => void
}

/**
 * A read by key. `read` gives the rows of many keys, by key, those that exist. A read never joins a statement that is on
 * its way already, so it sees whatever was committed before it began.
 */
export function createBatchedRead<Row>(
  read: (keys: string[]) => Promise<Map<string, Row>>,
): (key: string) => Promise<Row | undefined> {
  let waiting: Waiting<Row>[] = []
  let underWay = 0
  let scheduled = false

  const schedule = () => {
    if (scheduled || waiting.length === 0 || underWay >= STATEMENTS) return
    scheduled = true
    // Whoever comes in the same turn of the event loop joins.
    setImmediate(() => {
      scheduled = false
      const batch = waiting.slice(0, MAXIMUM_KEYS)
      waiting = waiting.slice(MAXIMUM_KEYS)
      underWay += 1
      void answer(batch).finally(() => {
        underWay -= 1
        schedule()
      })
      schedule()
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
