import type { JsonObject } from '@sluice/oauth'
import type { DocumentSink } from './document-sink.ts'
import type { RunOutcome } from './run-outcome.ts'

const MAXIMUM_DOCUMENTS = 1000
const MAXIMUM_BYTES = 2_000_000

/**
 * Collects the first documents of a run in its outcome. A look at the data takes the same share of each collection, so
 * that a large one does not hide the others; `whole` takes all that come, as a reading does whose state moves on.
 */
export function keepDocuments(
  outcome: RunOutcome,
  { collections, maximum, whole }: { collections: string[]; maximum: number; whole: boolean },
): DocumentSink {
  const share = whole ? MAXIMUM_DOCUMENTS : Math.ceil(maximum / Math.max(1, collections.length))
  const kept = new Map(collections.map((collection) => [collection, 0]))
  let uncommitted: RunOutcome['documents'] = []
  let bytes = 0
  let total = outcome.documents.length

  return {
    add(collection: string, document: JsonObject) {
      const count = kept.get(collection) ?? 0
      if (count >= share || total >= MAXIMUM_DOCUMENTS || bytes > MAXIMUM_BYTES) return
      bytes += JSON.stringify(document).length
      if (bytes > MAXIMUM_BYTES) return
      kept.set(collection, count + 1)
      total += 1
      uncommitted.push({ collection, document })
    },
    isComplete: () =>
      bytes > MAXIMUM_BYTES || (whole ? total >= maximum : [...kept.values()].every((count) => count >= share)),
    async commit() {
      const changed = uncommitted.length > 0
      outcome.documents.push(...uncommitted)
      uncommitted = []
      return { outcome_changed: changed }
    },
    close: async () => {},
  }
}
