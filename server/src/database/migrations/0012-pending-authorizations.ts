import { type Kysely, sql } from 'kysely'

/**
 * A pending authorization belongs to a connect session, which has the integration already. To check it again locked the
 * integration's row for each start, and all starts of one integration waited for each other there.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table pending_authorizations
    drop constraint pending_authorizations_tenant_id_integration_id_fkey`.execute(db)
}
