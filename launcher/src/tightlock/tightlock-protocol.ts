import type { Protocol } from '../protocol/protocol.ts'
import { fixtureQuestions } from './fixture-questions.ts'
import { check, discover, spec, validate } from './operations.ts'
import { read } from './read.ts'
import { write } from './write.ts'

/** Source and destination classes of Google Tightlock, hosted in a small bridge process. */
export const tightlockProtocol: Protocol = {
  name: 'tightlock',
  dry_run: true,
  spec,
  check,
  discover,
  validate,
  read,
  write,
  fixture: fixtureQuestions,
}
