import type { Protocol } from '../protocol/protocol.ts'
import { check, discover, spec, validate } from './operations.ts'
import { read } from './read.ts'

/** Python plugins of Apache DevLake: a method a process, JSON arguments, results on descriptor 3, rows in a database. */
export const devlakeProtocol: Protocol = { name: 'devlake', spec, check, discover, validate, read }
