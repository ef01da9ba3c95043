import type { Protocol } from '../protocol/protocol.ts'
import { check, discover, spec, validate } from './operations.ts'
import { read, readWire } from './read.ts'
import { resourceFor, write } from './write.ts'

/** Airbyte's protocol v0: a process for each operation, arguments are files, one JSON message a line on stdout. */
export const airbyteProtocol: Protocol = {
  name: 'airbyte',
  alike: true,
  spec,
  check,
  discover,
  validate,
  read,
  readWire,
  write,
  resourceFor,
}
