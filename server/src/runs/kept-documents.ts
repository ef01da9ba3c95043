import type { JsonObject } from '@sluice/oauth'
import type { RunOutcome } from './run-outcome.ts'

const MAXIMUM_BYTES = 2_000_000
/** How many more documents than are kept may be read while waiting for the other collections' first ones. */
const READ_FACTOR = 20

/**
 * Collects the first documents of a capture, the same share for each collection, so that a large one does not hide the
 * others. What came after the last checkpoint is in the outcome only once the capture has ended well.
 */
export function keepDocuments(outcome: RunOutcome, collections: string[], maximum: number) {
  const share = Math.ceil(maximum / Math.max(1, collections.length))
  const kept = new Map(collections.map((collection) => [collection, 0]))
  let uncommitted: RunOutcome['documents'] = []
  let read = 0
  let bytes = 0

  return {
    /** Read at most this many, whatever they are. */
    limit: maximum * READ_FACTOR,
    add(collection: string, document: JsonObject) {
      read += 1
      const count = kept.get(collection) ?? 0
      if (count >= share) return
      bytes += JSON.stringify(document).length
      if (bytes > MAXIMUM_BYTES) return
      kept.set(collection, count + 1)
      uncommitted.push({ collection, document })
    },
    isComplete: () => bytes > MAXIMUM_BYTES || [...kept.values()].every((count) => count >= share),
    commit() {
      outcome.documents.push(...uncommitted)
      outcome.document_count = read
      uncommitted = []
    },
  }
}
