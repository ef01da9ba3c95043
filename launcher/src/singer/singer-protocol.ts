import type { Protocol } from '../protocol/protocol.ts'
import { discover, spec, validate } from './operations.ts'
import { read, readWire } from './read.ts'
import { resourceFor, write } from './write.ts'

/** Singer taps and targets: arguments are files, messages are JSON lines on stdout, logs and metrics on stderr. */
export const singerProtocol: Protocol = {
  name: 'singer',
  alike: true,
  spec,
  discover,
  validate,
  read,
  readWire,
  write,
  resourceFor,
}
