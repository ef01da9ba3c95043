// Other connections of a tenant that hold what one account allowed one client. Where the provider does not tell whose
// account a grant opens, nobody can know.
import { sql, type Transaction } from 'kysely'
import type { AuditActor } from '../audit/audit-record.ts'
import { recordHistory } from '../connections/connection-history.ts'
import type { Database, GrantAccount } from '../database/schema.ts'
import type { Services } from '../services.ts'

const MAXIMUM = 100

/** Ids of the others, a hundred at most. */
export async function connectionsOfAccount(
  { db }: Services,
  connection: { id: string; tenant_id: string },
  { client_id, account }: { client_id: string; account: GrantAccount | null },
): Promise<string[]> {
  if (account === null) return []
  const { id, tenant_id } = connection
  const rows = await db
    .selectFrom('connections')
    .innerJoin('integrations', 'integrations.id', 'connections.integration_id')
    .innerJoin('grants', 'grants.connection_id', 'connections.id')
    .select('connections.id')
    .where('connections.tenant_id', '=', tenant_id)
    .where('integrations.tenant_id', '=', tenant_id)
    .where('grants.tenant_id', '=', tenant_id)
    .where('connections.id', '<>', id)
    .where('connections.status', '<>', 'needs_reauthorization')
    .where('integrations.client_id', '=', client_id)
    .where(sql<boolean>`grants.account->>'source' = ${account.source} and grants.account->>'id' = ${account.id}`)
    .orderBy('connections.id')
    .limit(MAXIMUM)
    .execute()
  return rows.map((row) => row.id)
}

/** Writes into the others' histories what ended their grants, and has them refreshed now: the provider knows whether. */
export async function tellOthers(
  tx: Transaction<Database>,
  deleted: { id: string; tenant_id: string },
  others: string[],
  { actor, at }: { actor: AuditActor; at: Date },
): Promise<void> {
  const { tenant_id } = deleted
  for (const id of others) {
    const detail = { connection_id: deleted.id }
    await recordHistory(tx, { id, tenant_id }, { kind: 'account_revoked', actor, detail, at })
  }
  await tx
    .updateTable('grants')
    .set({ refresh_due_at: at })
    .where('tenant_id', '=', tenant_id)
    .where('connection_id', 'in', others)
    .where('refreshable', '=', true)
    .execute()
}

/** The connection whose deletion revoked the account since the grant's tokens were issued; null: none. */
export async function accountRevokedBy(
  tx: Transaction<Database>,
  { tenant_id, connection_id, issued_at }: { tenant_id: string; connection_id: string; issued_at: Date },
): Promise<string | null> {
  const entry = await tx
    .selectFrom('connection_history')
    .select('detail')
    .where('tenant_id', '=', tenant_id)
    .where('connection_id', '=', connection_id)
    .where('kind', '=', 'account_revoked')
    .where('at', '>=', issued_at)
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst()
  return entry === undefined ? null : String(entry.detail.connection_id)
}
