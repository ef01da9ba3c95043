// An issuer's metadata says where the client secret and refresh tokens go (RFC 8414 §2), so whoever may not read secrets
// does not name another one for them.
import { Problem, type Violation } from '../http/problem.ts'
import type { Services } from '../services.ts'
import type { IntegrationRow } from './integration-record.ts'

interface IssuerChange {
  tenant_id: string
  /** As it stands. */
  integration: IntegrationRow
  /** Null takes it away; undefined leaves it. */
  issuer: string | null | undefined
  /** The client has a secret, and it was not sent again. */
  keeps_client_secret: boolean
}

/** @throws Problem 422 `secret_destination_changed`, for senders without `credentials:read` */
export async function requireSameIssuer({ db }: Services, change: IssuerChange): Promise<void> {
  const { tenant_id, integration, issuer, keeps_client_secret } = change
  if (issuer === undefined || issuer === integration.issuer) return
  const kept = [
    ...(keeps_client_secret ? [violation('/client_secret', 'must be sent again: where it is sent was changed')] : []),
    ...((await hasConnections(db, tenant_id, integration.id))
      ? [violation('/issuer', 'would be sent the tokens of connections')]
      : []),
  ]
  if (kept.length === 0) return
  throw new Problem(
    422,
    'secret_destination_changed',
    'issuer says where secrets are sent. Send the client secret again and have no connections yet, make another integration, or use a key with the scope credentials:read.',
    { errors: [violation('/issuer', 'says where secrets are sent'), ...kept] },
  )
}

function violation(pointer: string, message: string): Violation {
  return { pointer, rule: 'secret_destination', message }
}

async function hasConnections(db: Services['db'], tenant_id: string, id: string): Promise<boolean> {
  const row = await db
    .selectFrom('connections')
    .select('id')
    .where('tenant_id', '=', tenant_id)
    .where('integration_id', '=', id)
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}
