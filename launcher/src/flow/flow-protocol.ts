import type { Protocol } from '../protocol/protocol.ts'
import { capture } from './capture.ts'
import { fixtureRequests } from './materialize/fixture-requests.ts'
import { materialize } from './materialize/materialize.ts'
import { discover, spec, validate } from './operations.ts'

/** Estuary Flow's protocols of captures and materializations: requests by stdin, responses on stdout, logs on stderr. */
export const flowProtocol: Protocol = {
  name: 'flow',
  spec,
  discover,
  validate,
  read: capture,
  write: materialize,
  transactional: true,
  resourceFor: () => ({}),
  fixture: fixtureRequests,
}
