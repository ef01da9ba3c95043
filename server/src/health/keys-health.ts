import { sql } from 'kysely'
import type { Services } from '../services.ts'
import type { Diagnostics } from './diagnostics-record.ts'

export async function keysHealth({ db, key_encryption_keys }: Services): Promise<Diagnostics['keys']> {
  const { id } = key_encryption_keys.current()
  const { rows: needed } = await sql<{ id: string; store: string; created_at: Date; data_keys: string }>`
    select kek.id, kek.store, kek.created_at, count(data_keys.id) as data_keys
    from key_encryption_keys as kek left join data_keys on data_keys.key_encryption_key_id = kek.id
    group by kek.id, kek.store, kek.created_at order by kek.created_at desc`.execute(db)
  // The newest of each tenant seals.
  const { rows: sealing } = await sql<{ oldest: Date | null }>`
    select min(newest) as oldest from (select max(created_at) as newest from data_keys group by tenant_id) as tenants`.execute(
    db,
  )
  const rotation = await db
    .selectFrom('key_rotations')
    .select(['status', 'error_code'])
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst()
  return {
    store: key_encryption_keys.store(),
    current: { id, created_at: needed.find((key) => key.id === id)?.created_at.toISOString() ?? null },
    needed: needed
      .map(({ id, store, data_keys }) => ({ id, store, data_keys: Number(data_keys) }))
      .filter(({ data_keys }) => data_keys > 0),
    oldest_sealing_key_at: sealing[0]?.oldest?.toISOString() ?? null,
    rotation: rotation ?? null,
  }
}
