// The journal of attempts: intent before each call of a provider, end after it. It is also what a connection's history
// tells of its grant.
import type { Selectable } from 'kysely'
import type { GrantJournalTable } from '../database/schema.ts'
import type { Services } from '../services.ts'
import { uuidv7 } from '../uuid.ts'

export type JournalEntry = Selectable<GrantJournalTable>

/** The newest first; `before` is the id of an entry. */
export function journalOf(
  { db }: Services,
  connection: { tenant_id: string; id: string },
  { limit, before }: { limit: number; before?: string },
): Promise<JournalEntry[]> {
  return db
    .selectFrom('grant_journal')
    .selectAll()
    .where('tenant_id', '=', connection.tenant_id)
    .where('connection_id', '=', connection.id)
    .$if(before !== undefined, (query) => query.where('id', '<', before ?? ''))
    .orderBy('id', 'desc')
    .limit(limit)
    .execute()
}

const KEPT_MS = 90 * 24 * 60 * 60 * 1000
const BATCH = 10_000

/** Forgets attempts that are older than ninety days; their ids are in order of time. */
export async function sweepJournal({ db, now }: Services): Promise<void> {
  const oldest = uuidv7(now().getTime() - KEPT_MS)
  for (;;) {
    const old = db.selectFrom('grant_journal').select('id').where('id', '<', oldest).orderBy('id').limit(BATCH)
    const swept = await db.deleteFrom('grant_journal').where('id', 'in', old).executeTakeFirst()
    if (swept.numDeletedRows < BigInt(BATCH)) return
  }
}
