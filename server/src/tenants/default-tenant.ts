import { type Kysely, sql } from 'kysely'
import { createApiKey } from '../api-keys/create-api-key.ts'
import type { Database } from '../database/schema.ts'
import { uuidv7 } from '../uuid.ts'

export interface DefaultTenant {
  id: string
  /** The admin API key, only when it was created just now. */
  admin_api_key: string | null
}

/** The tenant of a single-tenant installation; made with its admin key on the first start. */
export async function ensureDefaultTenant(db: Kysely<Database>): Promise<DefaultTenant> {
  return db.transaction().execute(async (tx) => {
    // Two servers may start on one fresh database: the second finds the first one's tenant.
    await sql`select pg_advisory_xact_lock(hashtext('sluice default tenant'))`.execute(tx)
    const known = await findFirstTenant(tx)
    if (known !== undefined) return { id: known.id, admin_api_key: null }

    const id = uuidv7()
    await tx.insertInto('tenants').values({ id, name: 'default' }).execute()
    return { id, admin_api_key: await createApiKey(tx, { tenant_id: id, name: 'admin', scopes: ['admin'] }) }
  })
}

/** The tenant that everything belongs to where nothing else is said. */
export async function firstTenant(db: Kysely<Database>): Promise<string> {
  const tenant = await findFirstTenant(db)
  if (tenant === undefined) throw new Error('there is no tenant')
  return tenant.id
}

function findFirstTenant(db: Kysely<Database>): Promise<{ id: string } | undefined> {
  return db.selectFrom('tenants').select('id').orderBy('created_at').orderBy('id').limit(1).executeTakeFirst()
}
