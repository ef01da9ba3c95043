import { createHash } from 'node:crypto'
import type { ChainRecords } from './chain-records.ts'

export interface ChainEnd {
  sequence: string
  /** In hex. */
  hash: string
}

export interface ChainFinding {
  sequence: string
  /** What does not hold, as the rest of a sentence. */
  reason: string
}

export interface ChainReport {
  records: number
  end: ChainEnd
  /** The first record of the chain that does not hold. */
  broken: ChainFinding | null
}

const START = '0'.repeat(64)

/**
 * Computes every hash of a chain again, from its end to its start: SHA-256 over the predecessor's hash, the sequence in
 * eight bytes and the record's text. `expected` is an end that was noted before, which must still be there.
 */
export async function verifyRecords(records: ChainRecords, expected: ChainEnd | null): Promise<ChainReport> {
  let count = 0
  let end: ChainEnd | null = null
  let successor: { sequence: bigint; previous_hash: string } | null = null
  let broken: ChainFinding | null = null
  let met = expected === null || expected.sequence === '0'
  const find = (sequence: bigint | string, reason: string) => {
    broken = { sequence: String(sequence), reason }
  }

  for await (const row of records) {
    const sequence = BigInt(row.sequence)
    end ??= { sequence: row.sequence, hash: row.hash }
    if (successor !== null && sequence !== successor.sequence - 1n) find(sequence + 1n, 'is missing')
    else if (successor !== null && successor.previous_hash !== row.hash) {
      find(successor.sequence, 'names another predecessor')
    }
    if (hashOf(row.previous_hash, sequence, row.record) !== row.hash) find(sequence, 'is not what was hashed')
    if (expected?.sequence === row.sequence) {
      met = true
      if (expected.hash !== row.hash) find(sequence, 'is not the one that was expected')
    }
    successor = { sequence, previous_hash: row.previous_hash }
    count += 1
  }
  if (successor !== null && successor.sequence !== 1n) find(1n, 'is missing')
  else if (successor !== null && successor.previous_hash !== START) find(1n, 'names a predecessor')
  if (!met && broken === null) find(BigInt(end?.sequence ?? 0) + 1n, 'is missing')
  return { records: count, end: end ?? { sequence: '0', hash: START }, broken }
}

function hashOf(previousHash: string, sequence: bigint, record: string): string {
  const place = Buffer.alloc(8)
  place.writeBigInt64BE(sequence)
  return createHash('sha256').update(Buffer.from(previousHash, 'hex')).update(place).update(record).digest('hex')
}
