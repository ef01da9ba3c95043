import type { Protocol } from '../protocol/protocol.ts'
import { discover, spec, validate } from './operations.ts'
import { read } from './read.ts'

/** Singer taps and targets: arguments are files, messages are JSON lines on stdout, logs and metrics on stderr. */
export const singerProtocol: Protocol = { name: 'singer', spec, discover, validate, read }
