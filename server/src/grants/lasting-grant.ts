import type { Services } from '../services.ts'
import { freshGrant } from './fresh-grant.ts'
import type { Grant } from './grant.ts'

/** A token that somebody is to work with for a while is renewed when more than this share of its life is gone. */
const SPENT_SHARE = 0.5

/**
 * A grant whose access token lives on for half of its life at least, where it can be refreshed now.
 *
 * @throws Problem as `freshGrant` does
 */
export async function lastingGrant(services: Services, connection: { id: string; tenant_id: string }): Promise<Grant> {
  const grant = await freshGrant(services, connection)
  if (!isHalfSpent(grant, services.now())) return grant
  await services.refresher.refresh(grant, 'read')
  return freshGrant(services, connection)
}

/** Whether a refresh would give a token that lives longer by a good part. */
export function isHalfSpent({ issued_at, access_token_expires_at, refreshable }: Grant, now: Date): boolean {
  if (access_token_expires_at === null || !refreshable) return false
  const life = access_token_expires_at.getTime() - issued_at.getTime()
  return now.getTime() - issued_at.getTime() >= life * SPENT_SHARE
}
