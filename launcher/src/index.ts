import { capture } from './flow/capture.ts'
import { discover, spec, validate } from './flow/operations.ts'

export { ConnectorError, type ConnectorErrorCode } from './connector-error.ts'
export { bindCollections, type WantedBinding } from './flow/bind-collections.ts'
export type { DoneReason, RunEvent } from './flow/capture.ts'
export type { DiscoveredBinding } from './flow/operations.ts'
export {
  type CaptureBinding,
  type CaptureRequest,
  type Collection,
  stateKey,
  type ValidateBinding,
  type ValidateRequest,
} from './flow/requests.ts'
export { DEFAULT_LIMITS, type Launch, type Limits, type LogEvent, type LogLevel } from './launch.ts'
export { escapeControls } from './printable.ts'
export { createRedactor, type RedactingStream, type Redactor } from './redactor.ts'

/** Estuary Flow's capture protocol over a local child process. */
export const flow = { spec, discover, validate, capture }
