import type { ProtocolName } from '@sluice/connector-specs'
import { airbyteProtocol } from '../airbyte/airbyte-protocol.ts'
import { ConnectorError } from '../connector-error.ts'
import { flowProtocol } from '../flow/flow-protocol.ts'
import { singerProtocol } from '../singer/singer-protocol.ts'
import type { Protocol } from './protocol.ts'

/** A new protocol is a folder and a line here. */
const PROTOCOLS: Partial<Record<ProtocolName, Protocol>> = {
  flow: flowProtocol,
  airbyte: airbyteProtocol,
  singer: singerProtocol,
}

/** How connectors of this protocol are asked. @throws ConnectorError `not_offered` */
export function protocolOf(name: ProtocolName): Protocol {
  const protocol = PROTOCOLS[name]
  if (protocol) return protocol
  throw new ConnectorError('not_offered', `This launcher does not speak the protocol ${name}.`)
}
