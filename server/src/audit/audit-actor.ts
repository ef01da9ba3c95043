import type { Caller } from '../http/caller.ts'
import type { AuditActor } from './audit-record.ts'

/** Who the caller of the API is to the audit log. */
export function actorOf(caller: Caller): AuditActor {
  return { type: 'api_key', id: caller.api_key_id }
}
