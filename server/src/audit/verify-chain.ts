import { type Kysely, sql } from 'kysely'
import type { Database } from '../database/schema.ts'
import { CHAIN_START, recordHash } from './audit-record.ts'

const PAGE = 2000

export interface ChainEnd {
  sequence: string
  /** In hex. */
  hash: string
}

export type ChainVerdict =
  | { intact: true; records: number; end: ChainEnd }
  | { intact: false; records: number; broken: { sequence: string; reason: BreakReason } }

/**
 * `missing`: no record has this sequence; `altered`: its text is not what was hashed; `unlinked`: it names another
 * predecessor; `end_differs`: the chain's head names another hash; `expectation`: it is not the record that was noted.
 */
export type BreakReason = 'missing' | 'altered' | 'unlinked' | 'end_differs' | 'expectation'

/**
 * Walks the tenant's chain from its start to the head that it has now, and names the first record that does not hold.
 * `expected` is an end that was noted before: a chain that was cut back or made anew does not contain it.
 */
export async function verifyChain(db: Kysely<Database>, tenantId: string, expected?: ChainEnd): Promise<ChainVerdict> {
  const head = await db
    .selectFrom('audit_chains')
    .select(['sequence', 'hash'])
    .where('tenant_id', '=', tenantId)
    .executeTakeFirst()
  const last = BigInt(head?.sequence ?? 0)
  let sequence = 0n
  let hash: Buffer = CHAIN_START
  const broken = (reason: BreakReason, at = sequence + 1n): ChainVerdict => ({
    intact: false,
    records: Number(at - 1n),
    broken: { sequence: String(at), reason },
  })

  while (sequence < last) {
    const rows = await chainPage(db, tenantId, sequence, last)
    if (rows.length === 0) return broken('missing')
    for (const row of rows) {
      if (BigInt(row.sequence) !== sequence + 1n) return broken('missing')
      if (!row.previous_hash.equals(hash)) return broken('unlinked')
      if (!row.hash.equals(recordHash(hash, sequence + 1n, row.record))) return broken('altered')
      sequence += 1n
      hash = row.hash
      if (expected?.sequence === row.sequence && expected.hash !== hash.toString('hex')) {
        return broken('expectation', sequence)
      }
    }
  }
  if (head !== undefined && !head.hash.equals(hash)) return broken('end_differs', last)
  if (expected !== undefined && BigInt(expected.sequence) > last) return broken('missing')
  return { intact: true, records: Number(last), end: { sequence: String(last), hash: hash.toString('hex') } }
}

function chainPage(db: Kysely<Database>, tenantId: string, after: bigint, last: bigint) {
  return db
    .selectFrom('audit_records')
    .select(['sequence', 'previous_hash', 'hash', sql<string>`record::text`.as('record')])
    .where('tenant_id', '=', tenantId)
    .where('sequence', '>', String(after))
    .where('sequence', '<=', String(last))
    .orderBy('sequence')
    .limit(PAGE)
    .execute()
}
