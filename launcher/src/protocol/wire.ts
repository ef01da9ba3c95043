import type { JsonObject, ProtocolName } from '@sluice/connector-specs'
import type { RunEvent } from '../events/run-event.ts'
import type { ValidateBinding } from './requests.ts'

/** Whole lines of a protocol as the source printed them: documents, schemas and states in their order, nothing else. */
export interface WireLines {
  type: 'wire'
  protocol: ProtocolName
  /** Ends with a newline. Good until the next event is asked for. */
  lines: Buffer
  documents: number
}

export type WireEvent = Exclude<RunEvent, { type: 'document' | 'schema' | 'activate_version' }> | WireLines

export interface WriteRequest {
  /** The task's name. */
  name: string
  config: JsonObject
  /** The collections whose documents come, in the order of the events' indices. */
  bindings: ValidateBinding[]
  /** Documents, schemas and checkpoints of a source, or lines of the destination's own protocol. */
  input: AsyncIterable<RunEvent | WireLines>
  /** Have the destination try everything and store nothing; for those that offer it. */
  dry_run?: boolean
  /** What the source started from; the yielded checkpoints go on from it. */
  state?: JsonObject
  /** Has the source start from there instead; heeded until the input is first asked for. */
  startAt?(state: JsonObject): void
}
