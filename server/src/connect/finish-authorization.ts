import { OAuthError } from '@sluice/oauth'
import type { ConnectError } from '../database/schema.ts'
import { problemFrom } from '../http/problem.ts'
import type { Services } from '../services.ts'
import { completeAuthorization, type ReceivedResponse } from './complete-authorization.ts'
import type { TakenAuthorization } from './pending-authorization.ts'

/** Completes the authorization. Where that fails, the reason is kept where the connect page shows it, and returned. */
export async function finishAuthorization(
  services: Services,
  pending: TakenAuthorization,
  received: ReceivedResponse,
): Promise<ConnectError | null> {
  try {
    await completeAuthorization(services, pending, received)
    return null
  } catch (error) {
    return tellSession(services, pending, error)
  }
}

/** The session stays open for another try. */
async function tellSession(services: Services, pending: TakenAuthorization, error: unknown): Promise<ConnectError> {
  const { tenant_id, connect_session_id } = pending
  const problem = problemFrom(error, services.log)
  const told = { code: problem.code, message: messageFor(error, problem.message) }
  services.log.warn({ code: problem.code, connect_session_id }, 'authorization did not end in a connection')
  await services.db
    .updateTable('connect_sessions')
    .set((eb) => ({ error: told, version: eb('version', '+', 1) }))
    .where('tenant_id', '=', tenant_id)
    .where('id', '=', connect_session_id)
    .where('completed_at', 'is', null)
    .execute()
  services.session_watch.wake(connect_session_id)
  return told
}

function messageFor(error: unknown, message: string): string {
  if (error instanceof OAuthError && error.code === 'access_denied') return 'Access was denied. Nothing was changed.'
  return message
}
