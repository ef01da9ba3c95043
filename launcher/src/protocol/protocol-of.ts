import type { ProtocolName } from '@sluice/connector-specs'
import { airbyteProtocol } from '../airbyte/airbyte-protocol.ts'
import { ConnectorError } from '../connector-error.ts'
import { devlakeProtocol } from '../devlake/devlake-protocol.ts'
import { environmentProtocol } from '../environment/environment-protocol.ts'
import { flowProtocol } from '../flow/flow-protocol.ts'
import { singerProtocol } from '../singer/singer-protocol.ts'
import { tightlockProtocol } from '../tightlock/tightlock-protocol.ts'
import type { Protocol } from './protocol.ts'

/** A new protocol is a folder and a line here. */
const PROTOCOLS: Partial<Record<ProtocolName, Protocol>> = {
  flow: flowProtocol,
  airbyte: airbyteProtocol,
  singer: singerProtocol,
  devlake: devlakeProtocol,
  tightlock: tightlockProtocol,
  environment: environmentProtocol,
}

/** How connectors of this protocol are asked. @throws ConnectorError `not_offered` */
export function protocolOf(name: ProtocolName): Protocol {
  const protocol = PROTOCOLS[name]
  if (protocol) return protocol
  throw new ConnectorError('not_offered', `This launcher does not speak the protocol ${name}.`)
}
