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
  const reading: AsyncGenerator<RunEvent | WireEvent, void, void> = readWire
    ? readWire(launch, request)
    : offered(source.protocol, 'read')(launch, request)
  const input = counted(reading, source.onDocuments)
  const own = ({ resource_config }: ValidateBinding) => resource_config
  const resourceFor = same ? own : (destination.protocol.resourceFor ?? own)
  const bindings: ValidateBinding[] = request.bindings.map((binding) => ({
    ...binding,
    resource_config: resourceFor(binding),
  }))
  const { name, config } = destination
  try {
    yield* write(destination.launch, { name, config, bindings, input, state: request.state, dry_run })
  } finally {
    abort.abort()
    await input.return(undefined).catch(() => {})
  }
}

async function* counted(
  input: AsyncGenerator<RunEvent | WireEvent, void, void>,
  onDocuments: PipeSource['onDocuments'],
): AsyncGenerator<RunEvent | WireEvent, void, void> {
  for await (const event of input) {
    if (event.type === 'document') onDocuments?.(1)
    if (event.type === 'wire') onDocuments?.(event.documents)
    yield event
  }
}
