import type { JsonObject } from '@sluice/connector-specs'
import type { RunEvent } from './events/run-event.ts'
import type { Launch } from './launch.ts'
import { offered, type Protocol } from './protocol/protocol.ts'
import type { CaptureRequest, ValidateBinding } from './protocol/requests.ts'

export interface PipeSource {
  protocol: Protocol
  launch: Launch
  request: CaptureRequest
}

export interface PipeDestination {
  protocol: Protocol
  launch: Launch
  name: string
  config: JsonObject
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
  const abort = new AbortController()
  const signals = [abort.signal, ...(source.launch.signal ? [source.launch.signal] : [])]
  const launch = { ...source.launch, signal: AbortSignal.any(signals) }
  const same = source.protocol.name === destination.protocol.name
  const readWire = same ? source.protocol.readWire : undefined
  const input = readWire ? readWire(launch, request) : offered(source.protocol, 'read')(launch, request)
  const own = ({ resource_config }: ValidateBinding) => resource_config
  const resourceFor = same ? own : (destination.protocol.resourceFor ?? own)
  const bindings: ValidateBinding[] = request.bindings.map((binding) => ({
    ...binding,
    resource_config: resourceFor(binding),
  }))
  const { name, config } = destination
  try {
    yield* write(destination.launch, { name, config, bindings, input, state: request.state })
  } finally {
    abort.abort()
    await input.return(undefined).catch(() => {})
  }
}
