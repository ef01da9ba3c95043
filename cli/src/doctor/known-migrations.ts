/** Those of the server of this version, in order; written by `npm run openapi`. */
export const KNOWN_MIGRATIONS = [
  '0001-initial',
  '0002-refresh',
  '0003-connections',
  '0004-connect-sessions',
  '0005-tenancy',
  '0006-keys-audit-events',
  '0008-integration-clients',
  '0009-integration-changes',
  '0010-runs',
  '0011-console-session-rules',
  '0012-pending-authorizations',
  '0013-logins',
  '0014-attempt-counts',
  '0015-fewer-indexes',
]
