// A connect session with the integration that it is for, read in one statement: starting and completing an authorization
// need both.
import { type Kysely, type Selectable, sql } from 'kysely'
import type { Database, IntegrationTable } from '../database/schema.ts'
import { type ClientRow, clientColumns } from '../integrations/find-integration.ts'
import type { ConnectSession } from './connect-link.ts'

export type LinkIntegration = ClientRow &
  Pick<Selectable<IntegrationTable>, 'id' | 'required_scopes' | 'optional_scopes' | 'relay'>

export interface LinkWithIntegration {
  session: ConnectSession
  integration: LinkIntegration
}

const columns = [...clientColumns, 'id', 'required_scopes', 'optional_scopes', 'relay'] as const
const PREFIX = 'integration_row_'

/** For a statement that joins both tables: what `readLink` reads of its rows. */
export const linkColumns = sql.raw(
  ['connect_sessions.*', ...columns.map((name) => `integrations.${name} as ${PREFIX}${name}`)].join(', '),
)

/** Narrow it down by columns of `connect_sessions`, and read the row with `readLink`. */
export function selectLink(db: Kysely<Database>) {
  return (
    db
      .selectFrom('connect_sessions')
      // Each session has one. Said as an inner join, it may be planned to begin at the integration, and read all its sessions.
      .leftJoin('integrations', (join) =>
        join
          .onRef('integrations.tenant_id', '=', 'connect_sessions.tenant_id')
          .onRef('integrations.id', '=', 'connect_sessions.integration_id'),
      )
      .selectAll('connect_sessions')
      .select(columns.map((name) => sql.ref(`integrations.${name}`).as(`${PREFIX}${name}`)))
  )
}

export function readLink(row: ConnectSession): LinkWithIntegration {
  const integration = Object.fromEntries(columns.map((name) => [name, Reflect.get(row, `${PREFIX}${name}`)]))
  // `selectLink` selected these columns of the table.
  return { session: row, integration: integration as LinkIntegration }
}
