import type { Connection } from '@sluice/client'
import type { Style } from '../../terminal.ts'

/** What a person wants to see of a connection first. */
export function summaryOf(connection: Connection) {
  const { id, connector_id, status, status_reason, account, scopes, missing_scopes, act_by } = connection
  return {
    id,
    connector: connector_id,
    status,
    status_reason,
    person: personOf(connection),
    account: account?.id ?? null,
    scopes,
    missing_scopes: missing_scopes.length > 0 ? missing_scopes : null,
    access_token_expires_at: connection.access_token_expires_at,
    act_by,
  }
}

export function personOf({ end_user }: Connection): string | null {
  return end_user?.email ?? end_user?.id ?? null
}

export function statusStyle({ status }: Pick<Connection, 'status'>): Style {
  if (status === 'healthy') return 'green'
  return status === 'disabled' ? 'dim' : 'red'
}
