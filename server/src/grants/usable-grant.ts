import { notFound, Problem } from '../http/problem.ts'
import { withoutGrant } from '../integrations/find-integration.ts'
import type { Services } from '../services.ts'
import { type Grant, grantColumns, openGrant } from './grant.ts'

/**
 * The grant of a connection whose credentials may be given out, in one statement.
 *
 * @throws Problem 404; 409 `connection_disabled` or `connection_without_grant`
 */
export async function requireUsableGrant({ db, keys }: Services, tenantId: string, id: string): Promise<Grant> {
  const row = await db
    .selectFrom('connections')
    .leftJoin('grants', (join) =>
      join.onRef('grants.connection_id', '=', 'connections.id').on('grants.tenant_id', '=', tenantId),
    )
    .select([...grantColumns])
    .select('connections.disabled_at')
    .where('connections.tenant_id', '=', tenantId)
    .where('connections.id', '=', id)
    .executeTakeFirst()
  if (row === undefined) throw notFound('connection', id)
  if (row.disabled_at !== null) {
    throw new Problem(409, 'connection_disabled', DISABLED)
  }
  const { version, sealed, issued_at, refreshable, failures } = row
  if (version === null || sealed === null || issued_at === null || refreshable === null || failures === null) {
    throw withoutGrant()
  }
  return openGrant(keys, { tenant_id: tenantId, id }, { ...row, version, sealed, issued_at, refreshable, failures })
}

const DISABLED =
  'The connection is disabled, so its grant is not used. PATCH it with {"disabled": false} to use it again.'
