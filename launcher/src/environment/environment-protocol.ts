import type { Protocol } from '../protocol/protocol.ts'
import { discover, spec, validate } from './operations.ts'
import { read } from './read.ts'

/** Programs that are configured by environment variables alone and push what they read by themselves. */
export const environmentProtocol: Protocol = { name: 'environment', spec, discover, validate, read }
