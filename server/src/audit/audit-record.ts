// One record of a tenant's audit chain. Each names the hash of its predecessor, so that none can be altered, left out
// or put in later without all that follow being made anew.
import { createHash } from 'node:crypto'
import type { JsonObject, JsonValue } from '@sluice/oauth'
import { uuidv7 } from '../uuid.ts'

export const auditActorTypes = ['api_key', 'user', 'person', 'operator', 'server'] as const

export interface AuditActor {
  type: (typeof auditActorTypes)[number]
  /** The API key's id, the end user's id, `refresh` … */
  id: string
}

export interface AuditEntry {
  /** `credentials.read`, `connection.delete`, `api_key.create` … */
  action: string
  actor: AuditActor
  subject: { type: string; id: string }
  /** What else is to be known; nothing secret. */
  detail?: JsonObject
}

/** The previous hash of a chain's first record. */
export const CHAIN_START = Buffer.alloc(32)

/** The entry as the text that is hashed and kept. */
export function recordText(tenantId: string, entry: AuditEntry, at: Date): string {
  const { action, actor, subject, detail = {} } = entry
  const record = {
    id: uuidv7(at.getTime()),
    tenant_id: tenantId,
    at: at.toISOString(),
    action,
    actor: { type: actor.type, id: actor.id },
    subject: { type: subject.type, id: subject.id },
    detail,
  }
  const text = JSON.stringify(record)
  return UNSTORABLE.test(text) ? JSON.stringify(storable(record)) : text
}

/**
 * The text of an entry with a number in its detail that only the statement knows which writes it: what stands before the
 * number and what after.
 */
export function recordTextAround(
  tenantId: string,
  entry: Omit<AuditEntry, 'detail'>,
  name: string,
  at: Date,
): [before: string, after: string] {
  const text = recordText(tenantId, { ...entry, detail: { [name]: 0 } }, at)
  return [text.slice(0, -AFTER_NUMBER.length - 1), AFTER_NUMBER]
}

/** The detail is the record's last member. */
const AFTER_NUMBER = '}}'

/** How JSON writes NUL and lone surrogates; or what looks so, where it does no harm. */
const UNSTORABLE = /\\u(?:0000|d)/

/** SHA-256 over the predecessor's hash, the sequence (eight bytes, big-endian) and the record's text. */
export function recordHash(previousHash: Buffer, sequence: bigint, record: string): Buffer {
  const place = Buffer.alloc(8)
  place.writeBigInt64BE(sequence)
  return createHash('sha256').update(previousHash).update(place).update(record).digest()
}

/** Postgres refuses NUL and lone surrogates; one such entry must not keep a whole batch from being written. */
function storable(value: JsonValue): JsonValue {
  if (typeof value === 'string') return value.toWellFormed().replaceAll('\0', '\ufffd')
  if (Array.isArray(value)) return value.map(storable)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [String(storable(name)), storable(item)]))
}
