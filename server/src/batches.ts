import type { Kysely } from 'kysely'
import { createLinkReader } from './connect/connect-link.ts'
import { createPendingAuthorizationCommits, createPendingAuthorizationTakes } from './connect/pending-authorization.ts'
import { createConnectionCommits } from './connect/store-connection.ts'
import { createRecordedReadings } from './credentials/recorded-reading.ts'
import type { Database } from './database/schema.ts'
import { createGrantReader } from './grants/usable-grant.ts'

/** What many requests do at once, and what is therefore done for many in one statement. */
export type Batches = ReturnType<typeof createBatches>

export function createBatches(db: Kysely<Database>) {
  return {
    links: createLinkReader(db),
    grants: createGrantReader(db),
    recorded_readings: createRecordedReadings(db),
    pending_authorizations: createPendingAuthorizationCommits(db),
    taken_authorizations: createPendingAuthorizationTakes(db),
    connections: createConnectionCommits(db),
  }
}
