// The refresh that proves an import. It is one like any other (lease, journal, commit by version), of a connection that
// stands already: whoever dies in the middle leaves what another process can finish, or say that it is lost.
import { sql, type Transaction } from 'kysely'
import type { Database, GrantProblem } from '../database/schema.ts'
import { Problem } from '../http/problem.ts'
import type { Services } from '../services.ts'
import { problemOf } from './fresh-grant.ts'
import { type Grant, readGrant } from './grant.ts'
import { refused } from './import-grant.ts'
import type { RefreshOutcome } from './refresher.ts'

/** Whoever imports and dies leaves the refresh to the others after so long. */
const LEFT_SECONDS = 60

const UNFINISHED: Omit<GrantProblem, 'since'> = {
  code: 'import_unfinished',
  verdict: 'in_doubt',
  cause: 'These tokens are being imported: the refresh that proves them has not ended.',
  owner: 'operator',
  next_action: 'Nothing is to be done: within two minutes the import is finished, or the problem is another one.',
  provider_error: null,
  retry_at: null,
  announced: false,
  untold: true,
}

/** Marks a connection that was just inserted, until its first refresh. */
export async function markUnfinished(
  tx: Transaction<Database>,
  { id, tenant_id }: { id: string; tenant_id: string },
  now: Date,
): Promise<void> {
  await tx
    .updateTable('connections')
    .set({ status: 'failing', status_reason: UNFINISHED.cause, problem: { ...UNFINISHED, since: now.toISOString() } })
    .where('tenant_id', '=', tenant_id)
    .where('id', '=', id)
    .execute()
  await tx
    .updateTable('grants')
    .set({ refresh_due_at: new Date(now.getTime() + LEFT_SECONDS * 1000) })
    .where('tenant_id', '=', tenant_id)
    .where('connection_id', '=', id)
    .execute()
}

/**
 * Refreshes a grant whose import stands unfinished. What the provider refuses is removed again; what it may have rotated
 * without our knowing is kept, and tried again by itself.
 *
 * @throws Problem 422 `tokens_refused`; 503 `import_in_doubt`, naming the connection; OAuthError when the provider cannot
 *   answer or refuses the client
 */
export async function proveByRefresh(services: Services, connection: { id: string; tenant_id: string }): Promise<void> {
  const grant = { tenant_id: connection.tenant_id, connection_id: connection.id, version: 1 }
  let result: RefreshOutcome
  try {
    result = await services.refresher.refresh(grant, 'import')
  } catch (error) {
    if (await isSpent(services, grant)) throw inDoubt(connection.id, error)
    await remove(services, connection)
    throw error
  }
  if (result.outcome === 'refreshed') return
  if (result.outcome === 'elsewhere') {
    if ((await readGrant(services, connection)).version > grant.version) return
    throw inDoubt(connection.id)
  }
  if (result.outcome === 'failed' && (await isSpent(services, grant))) throw inDoubt(connection.id, result.error)
  await remove(services, connection)
  throw result.outcome === 'failed' ? refused(result.error) : problemOf(result)
}

/** Whether the provider may have rotated what was given, or somebody is still at it. */
async function isSpent(
  { db }: Services,
  { tenant_id, connection_id }: Pick<Grant, 'tenant_id' | 'connection_id'>,
): Promise<boolean> {
  const row = await db
    .selectFrom('grants')
    .select(sql<boolean>`in_doubt_since is not null or lease_owner is not null`.as('is_spent'))
    .where('tenant_id', '=', tenant_id)
    .where('connection_id', '=', connection_id)
    .executeTakeFirst()
  return row?.is_spent === true
}

async function remove({ db }: Services, { id, tenant_id }: { id: string; tenant_id: string }): Promise<void> {
  await db.deleteFrom('connections').where('tenant_id', '=', tenant_id).where('id', '=', id).execute()
}

function inDoubt(id: string, cause?: unknown): Problem {
  const detail =
    'The provider’s answer to the refresh that proves these tokens was lost, so it may have replaced them. Do not import ' +
    `them again: the connection ${id} was kept and is tried by itself; its \`problems\` tell how that ends.`
  return new Problem(503, 'import_in_doubt', detail, { cause })
}
