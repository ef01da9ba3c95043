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
  const { issued_at, access_token_expires_at: expires_at } = grant
  if (expires_at === null || !grant.refreshable) return grant
  const life = expires_at.getTime() - issued_at.getTime()
  const gone = services.now().getTime() - issued_at.getTime()
  if (gone < life * SPENT_SHARE) return grant
  await services.refresher.refresh(grant, 'read')
  return freshGrant(services, connection)
}
