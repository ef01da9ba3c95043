import type { Protocol } from '../protocol/protocol.ts'
import { capture } from './capture.ts'
import { discover, spec, validate } from './operations.ts'

/** Estuary Flow's capture protocol: JSON requests by stdin, JSON responses on stdout, logs on stderr. */
export const flowProtocol: Protocol = { name: 'flow', spec, discover, validate, read: capture }
