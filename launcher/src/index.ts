import { capture } from './flow/capture.ts'
import { discover, spec, validate } from './flow/operations.ts'

export { ConnectorError, type ConnectorErrorCode, type ConnectorVerdict } from './connector-error.ts'
export { foldState } from './events/fold-state.ts'
export type { DoneReason, Metric, RunEvent, StateUpdate, StreamStatus } from './events/run-event.ts'
export { type HarvestRules, harvestConfig } from './harvest-config.ts'
export { DEFAULT_LIMITS, type Launch, type LaunchBequest, type Limits, type LogEvent, type LogLevel } from './launch.ts'
export { launchTask } from './launch-task.ts'
export type { LeasedGrant } from './lease/leased-grant.ts'
export { type Lease, type LeaseOptions, openLease } from './lease/open-lease.ts'
export {
  airbytePlace,
  type CredentialsPlace,
  FLOW_PLACE,
  placeCredentials,
  SINGER_PLACE,
} from './lease/place-credentials.ts'
export { type PipeDestination, type PipeSource, pipe } from './pipe.ts'
export { escapeControls } from './printable.ts'
export { bindCollections, type WantedBinding } from './protocol/bind-collections.ts'
export type { DiscoveredBinding } from './protocol/discovered-binding.ts'
export type { Fixture, FixtureDocument, FixtureTransaction } from './protocol/fixture.ts'
export { type Operation, offered, type Protocol } from './protocol/protocol.ts'
export { protocolOf } from './protocol/protocol-of.ts'
export {
  type CaptureBinding,
  type CaptureRequest,
  type Collection,
  stateKey,
  type ValidateBinding,
  type ValidateRequest,
} from './protocol/requests.ts'
export type { WireEvent, WireLines, WriteRequest } from './protocol/wire.ts'
export { createRedactor, type RedactingStream, type Redactor } from './redactor.ts'
export type { FoundBequest, Inherit } from './runtime/bequest.ts'
export { type ContainerRuntimeOptions, createContainerRuntime } from './runtime/container/container-runtime.ts'
export { localRuntime } from './runtime/local-runtime.ts'
export { createProcessRuntime, type ProcessRuntimeOptions } from './runtime/process/process-runtime.ts'
export {
  type Confinement,
  type Exit,
  type Program,
  type ProgramLimits,
  type RunningProgram,
  type Runtime,
  StartError,
} from './runtime/runtime.ts'
export { newSealingKey } from './sealed-text.ts'

/** Estuary Flow's capture protocol over a local child process. */
export const flow = { spec, discover, validate, capture }
