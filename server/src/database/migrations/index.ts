import type { Migration } from 'kysely/migration'
import * as initial from './0001-initial.ts'
import * as refresh from './0002-refresh.ts'
import * as connections from './0003-connections.ts'
import * as connectSessions from './0004-connect-sessions.ts'
import * as tenancy from './0005-tenancy.ts'
import * as keysAuditEvents from './0006-keys-audit-events.ts'
import * as integrationClients from './0008-integration-clients.ts'
import * as integrationChanges from './0009-integration-changes.ts'
import * as runs from './0010-runs.ts'
import * as consoleSessionRules from './0011-console-session-rules.ts'
import * as pendingAuthorizations from './0012-pending-authorizations.ts'
import * as logins from './0013-logins.ts'
import * as attemptCounts from './0014-attempt-counts.ts'
import * as fewerIndexes from './0015-fewer-indexes.ts'

/** In order of name; a migration that has been released is never edited. */
export const migrations: Record<string, Migration> = {
  '0001-initial': initial,
  '0002-refresh': refresh,
  '0003-connections': connections,
  '0004-connect-sessions': connectSessions,
  '0005-tenancy': tenancy,
  '0006-keys-audit-events': keysAuditEvents,
  '0008-integration-clients': integrationClients,
  '0009-integration-changes': integrationChanges,
  '0010-runs': runs,
  '0011-console-session-rules': consoleSessionRules,
  '0012-pending-authorizations': pendingAuthorizations,
  '0013-logins': logins,
  '0014-attempt-counts': attemptCounts,
  '0015-fewer-indexes': fewerIndexes,
}
