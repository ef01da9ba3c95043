import type { ConnectorSpec, JsonObject, ProtocolName } from '@sluice/connector-specs'
import { ConnectorError } from '../connector-error.ts'
import type { RunEvent } from '../events/run-event.ts'
import type { Launch } from '../launch.ts'
import type { DiscoveredBinding } from './discovered-binding.ts'
import type { Fixture } from './fixture.ts'
import type { CaptureRequest, ValidateBinding, ValidateRequest } from './requests.ts'
import type { WireEvent, WriteRequest } from './wire.ts'

/**
 * How connectors of one kind are asked. Every operation starts a process of its own and is in Flow's words; those that
 * a protocol does not have are absent. All throw ConnectorError, and the connector is gone by then.
 */
export interface Protocol {
  readonly name: ProtocolName
  /** Whether `write` heeds `dry_run`. */
  readonly dry_run?: true
  /** Whether `write` stores only what a checkpoint of the source follows. */
  readonly transactional?: true
  /** Whether the resources of sources and destinations are configured alike. */
  readonly alike?: true
  /** What the connector says of itself. Needs no config. */
  spec(launch: Launch): Promise<ConnectorSpec>
  /** Has the connector try the config alone. @throws ConnectorError `refused` with the connector's reason */
  check?(launch: Launch, config: JsonObject): Promise<void>
  /** Asks which resources the config gives access to. */
  discover?(launch: Launch, config: JsonObject): Promise<DiscoveredBinding[]>
  /** Has the connector try config and bindings. Results stand in the order of the bindings. */
  validate?(launch: Launch, request: ValidateRequest): Promise<{ resource_path: string[] }[]>
  /** Yields what is read as fast as it is taken: a slow caller slows the connector. Leaving the loop ends it. */
  read?(launch: Launch, request: CaptureRequest): AsyncGenerator<RunEvent, void, void>
  /** The same without parsing documents: whole lines of the protocol, for a destination that speaks it or a file. */
  readWire?(launch: Launch, request: CaptureRequest): AsyncGenerator<WireEvent, void, void>
  /** Feeds a destination; yields a checkpoint when the destination has stored all that came before it. */
  write?(launch: Launch, request: WriteRequest): AsyncGenerator<RunEvent, void, void>
  /** The resource config of a destination that takes a collection of another protocol's source. */
  resourceFor?(binding: ValidateBinding): JsonObject
  /** What a destination would be told of a fixture, where it is told in a conversation; starts nothing. */
  fixture?(fixture: Fixture): Iterable<JsonObject>
}

export type Operation = Exclude<
  keyof Protocol,
  'name' | 'dry_run' | 'transactional' | 'alike' | 'resourceFor' | 'fixture'
>

/** The operation. @throws ConnectorError `not_offered` when connectors of this protocol do not have it */
export function offered<O extends Operation>(protocol: Protocol, operation: O): NonNullable<Protocol[O]> {
  const found = protocol[operation]
  if (found) return found as NonNullable<Protocol[O]> // only undefined is excluded
  throw new ConnectorError(
    'not_offered',
    `Connectors of the protocol ${protocol.name} cannot be asked to ${operation}.`,
  )
}
