// The journal of attempts: intent before each call of a provider, end after it. It is also what a connection's history
// tells of its grant.
import { type Kysely, type Selectable, sql } from 'kysely'
import type { Database, GrantJournalTable, JournalOutcome } from '../database/schema.ts'
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

/** Writes down how an attempt ended, unless it was written already. */
export async function endAttempt(
  tx: Kysely<Database>,
  { tenant_id }: { tenant_id: string },
  attempt: string,
  { outcome, code = null, message = null }: { outcome: JournalOutcome; code?: string | null; message?: string | null },
): Promise<void> {
  await tx
    .updateTable('grant_journal')
    .set({ ended_at: sql<Date>`now()`, outcome, code, message })
    .where('tenant_id', '=', tenant_id)
    .where('id', '=', attempt)
    .where('outcome', 'is', null)
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
