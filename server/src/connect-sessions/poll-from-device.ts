// A device that shows a code asks how the person fares (RFC 8628 §3.4, §3.5).
import { sql } from 'kysely'
import { forTenant } from '../database/in-tenant.ts'
import { Problem } from '../http/problem.ts'
import type { Services } from '../services.ts'
import { type ConnectSessionRow, connectSessionStatus } from './connect-session-record.ts'
import { findByStatusToken } from './find-connect-session.ts'

const SLOWER_SECONDS = 5
const MAXIMUM_INTERVAL_SECONDS = 60

/**
 * The completed session.
 *
 * @throws Problem 400 with the error codes of RFC 8628 §3.5: `authorization_pending`, `slow_down`, `access_denied`,
 *   `expired_token`, or `invalid_grant` for a code that is unknown
 */
export async function pollFromDevice(services: Services, deviceCode: string): Promise<ConnectSessionRow> {
  const session = await findByStatusToken(services, deviceCode)
  if (session === null) throw new Problem(400, 'invalid_grant', 'This device code is not known here.')
  switch (connectSessionStatus(session, services.now())) {
    case 'completed':
      return session
    case 'cancelled':
      throw new Problem(400, 'access_denied', 'The session was cancelled. Start again.')
    case 'expired':
      throw new Problem(400, 'expired_token', 'The code has expired. Start again.')
    case 'open':
      if (await cameInTime(forTenant(services, session.tenant_id), session)) {
        throw new Problem(400, 'authorization_pending', 'The person is not done yet. Ask again after the interval.')
      }
      throw new Problem(400, 'slow_down', `This was too soon. Leave ${SLOWER_SECONDS} seconds more between two polls.`)
  }
}

/** Remembers the poll; one that came too soon makes the interval longer, for the other replicas too. */
async function cameInTime({ db, now }: Services, session: ConnectSessionRow): Promise<boolean> {
  const polled = db
    .updateTable('connect_sessions')
    .where('tenant_id', '=', session.tenant_id)
    .where('id', '=', session.id)
  const { numUpdatedRows } = await polled
    .set({ polled_at: now() })
    .where(
      sql<boolean>`(polled_at is null or polled_at <= ${now()}::timestamptz - poll_interval_seconds * interval '1 second')`,
    )
    .executeTakeFirst()
  if (numUpdatedRows > 0n) return true
  await polled
    .set({
      polled_at: now(),
      poll_interval_seconds: sql`least(poll_interval_seconds + ${SLOWER_SECONDS}::integer, ${MAXIMUM_INTERVAL_SECONDS}::integer)`,
    })
    .execute()
  return false
}
