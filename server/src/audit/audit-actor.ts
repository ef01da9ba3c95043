import type { Caller } from '../http/caller.ts'
import type { AuditActor } from './audit-record.ts'

/** Who the caller of the API is to the audit log. */
export function actorOf(caller: Caller): AuditActor {
  if (caller.api_key_id !== null) return { type: 'api_key', id: caller.api_key_id }
  return { type: 'user', id: caller.user ?? 'unknown' }
}
