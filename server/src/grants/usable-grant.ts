import { type Kysely, sql } from 'kysely'
import { createBatchedRead } from '../database/batched-read.ts'
import { inTenant } from '../database/in-tenant.ts'
import { perTenant } from '../database/per-tenant.ts'
import type { Database } from '../database/schema.ts'
import { notFound, Problem } from '../http/problem.ts'
import { withoutGrant } from '../integrations/find-integration.ts'
import type { Services } from '../services.ts'
import { type Grant, type GrantRow, grantColumns, openGrant } from './grant.ts'

/** Reads connections with their grants, those of one tenant that are asked for at once in one statement. */
export function createGrantReader(db: Kysely<Database>) {
  return perTenant((tenantId) =>
    createBatchedRead(async (ids) => {
      const rows = await readRows(inTenant(db, tenantId), tenantId, ids)
      return new Map(rows.map((row) => [row.id, row]))
    }),
  )
}

function readRows(db: Kysely<Database>, tenantId: string, ids: string[]) {
  return db
    .selectFrom('connections')
    .leftJoin('grants', (join) =>
      join.onRef('grants.connection_id', '=', 'connections.id').on('grants.tenant_id', '=', tenantId),
    )
    .select([...grantColumns])
    .select(['connections.id', 'connections.disabled_at'])
    .where('connections.tenant_id', '=', tenantId)
    .where('connections.id', '=', sql<string>`any(${ids}::uuid[])`)
    .execute()
}

/**
 * The grant of a connection whose credentials may be given out.
 *
 * @throws Problem 404; 409 `connection_disabled` or `connection_without_grant`
 */
export async function requireUsableGrant({ batches, keys }: Services, tenantId: string, id: string): Promise<Grant> {
  const row = await batches.grants(tenantId)(id)
  if (row === undefined) throw notFound('connection', id)
  if (row.disabled_at !== null) {
    throw connectionDisabled()
  }
  if (!hasGrant(row)) throw withoutGrant()
  return openGrant(keys, { tenant_id: tenantId, id }, row)
}

/** Whether a grant stood beside the connection: these columns are never null in one. */
export function hasGrant(row: JoinedGrant): row is JoinedGrant & GrantRow {
  return row.version !== null
}

type JoinedGrant = { [Column in keyof GrantRow]: GrantRow[Column] | null }

export const connectionDisabled = (): Problem => new Problem(409, 'connection_disabled', `${DISABLED} ${ENABLE}`)

const DISABLED = 'The connection is disabled, so its credentials are not used.'
export const ENABLE = 'PATCH it with {"disabled": false} to use it again.'
