import type { JsonObject } from '@sluice/connector-specs'
import { ConnectorError } from './connector-error.ts'
import type { RunEvent } from './events/run-event.ts'
import type { Launch } from './launch.ts'
import { offered, type Protocol } from './protocol/protocol.ts'
import type { CaptureRequest, ValidateBinding } from './protocol/requests.ts'
import type { WireEvent } from './protocol/wire.ts'

export interface PipeSource {
  protocol: Protocol
  launch: Launch
  request: CaptureRequest
  /** Hears how many documents are given on. */
  onDocuments?: (count: number) => void
}

export interface PipeDestination {
  protocol: Protocol
  launch: Launch
  name: string
  config: JsonObject
  /** Have it try everything and store nothing; refused where its protocol does not offer that. */
  dry_run?: boolean
  /** What the destination's own file says of a collection; goes before what is derived of the source's binding. */
  declared?(collection: string): Partial<ValidateBinding> | undefined
}

/**
 * Pipes a source into a destination, with back-pressure: the source is read as fast as the destination reads. Between
 * connectors of one protocol the records' lines pass unparsed. A checkpoint is yielded when the destination has stored
 * all before it; logs, metrics and rotated configs of both are yielded as they come.
 *
 * @throws ConnectorError of the one that failed; both are gone by then
 */
export async function* pipe(source: PipeSource, destination: PipeDestination): AsyncGenerator<RunEvent, void, void> {
  const { request } = source
  const write = offered(destination.protocol, 'write')
  const { dry_run = false } = destination
  if (dry_run && !destination.protocol.dry_run) {
    const what = `Destinations of the protocol ${destination.protocol.name} cannot try without storing.`
    throw new ConnectorError('not_offered', `${what} Leave dry_run out.`)
  }
  const abort = new AbortController()
  const signals = [abort.signal, ...(source.launch.signal ? [source.launch.signal] : [])]
  const launch = { ...source.launch, signal: AbortSignal.any(signals) }
  const same = source.protocol.name === destination.protocol.name
  const readWire = same ? source.protocol.readWire : undefined
  const read = readWire ?? offered(source.protocol, 'read')
  const ends_at_checkpoint = destination.protocol.transactional ?? false
  let { state } = request
  const input = counted(() => read(launch, { ...request, state, ends_at_checkpoint }), source.onDocuments)
  const bindings = request.bindings.map((binding): ValidateBinding => {
    if (same && destination.protocol.alike) return binding
    const { resourceFor = ({ resource_config }) => resource_config } = destination.protocol
    const { collection, ...declared } = destination.declared?.(binding.collection.name) ?? {}
    return {
      ...binding,
      resource_config: resourceFor(binding),
      ...declared,
      ...(collection && {
        collection: collection.key.length > 0 ? collection : { ...collection, key: binding.collection.key },
      }),
    }
  })
  const { name, config } = destination
  const startAt = (from: JsonObject) => {
    state = from
  }
  try {
    yield* write(destination.launch, { name, config, bindings, input, state, dry_run, startAt })
  } finally {
    abort.abort()
    await input.return(undefined).catch(() => {})
  }
}

/** Starts the source when it is first asked for. */
async function* counted(
  read: () => AsyncGenerator<RunEvent | WireEvent, void, void>,
  onDocuments: PipeSource['onDocuments'],
): AsyncGenerator<RunEvent | WireEvent, void, void> {
  for await (const event of read()) {
    if (event.type === 'document') onDocuments?.(1)
    if (event.type === 'wire') onDocuments?.(event.documents)
    yield event
  }
}
