import type { JsonObject } from '@sluice/oauth'

/** Where the documents of a run go that no other connector takes. They count only once they are committed. */
export interface DocumentSink {
  /** Resolves when more may come. */
  add(collection: string, document: JsonObject): void | Promise<void>
  /** Whether as many as were wanted are there. */
  isComplete(): boolean
  /** Makes what was added durable, as far as that is for the sink to do. */
  commit(): Promise<{ outcome_changed: boolean; document_bytes?: number }>
  close(): Promise<void>
}

/** Of a run that is there to see whether it works. */
export const dropDocuments: DocumentSink = {
  add: () => {},
  isComplete: () => false,
  commit: async () => ({ outcome_changed: false }),
  close: async () => {},
}
