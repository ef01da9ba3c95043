import type { DoneReason } from '../events/run-event.ts'
import type { Limits } from '../launch.ts'
import type { CaptureRequest } from './requests.ts'

const BOUNDED_IDLE_MS = 30_000

/** An event as far as it counts here. */
export interface Counted {
  type: string
  /** Of a run of lines. */
  documents?: number
}

/** When a reading is over before the connector is: the bounds that its request sets. */
export interface Bound {
  /** How long the connector may be silent. */
  idle_ms: number
  /** Counts an event; the reason to end after it, if there is one. */
  reached(event: Counted): DoneReason | null
  /** Whether silence is a good end: the reading is bounded, and nothing is uncommitted. */
  mayIdle(): boolean
}

export function createBound(request: CaptureRequest, limits: Limits): Bound {
  const { max_documents, ends_at_checkpoint, stop_after_checkpoint } = request
  const bounded = max_documents !== undefined || stop_after_checkpoint === true
  let documents = 0
  let uncommitted = 0
  return {
    idle_ms: bounded && !Number.isFinite(limits.idle_ms) ? BOUNDED_IDLE_MS : limits.idle_ms,
    reached({ type, documents: more = type === 'document' ? 1 : 0 }) {
      if (more > 0) {
        documents += more
        uncommitted += more
      }
      const mayEnd = ends_at_checkpoint ? type === 'checkpoint' : more > 0
      if (mayEnd && max_documents !== undefined && documents >= max_documents) return 'max_documents'
      if (type === 'checkpoint') {
        uncommitted = 0
        if (stop_after_checkpoint && documents > 0) return 'checkpoint'
      }
      return null
    },
    mayIdle: () => bounded && uncommitted === 0,
  }
}
