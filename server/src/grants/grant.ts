import { type JsonObject, type KeptDpopKey, type ObtainedGrant, type Secret, secret } from '@sluice/oauth'
import type { Transaction } from 'kysely'
import { z } from 'zod'
import type { Database, GrantAccount } from '../database/schema.ts'
import { withoutGrant } from '../integrations/find-integration.ts'
import type { KeyRing } from '../sealing/key-ring.ts'
import type { Services } from '../services.ts'
import type { GrantFacts } from './grant-facts.ts'

/** A grant as it is used: the tokens of a person's consent, and the credentials that the connector gets of them. */
export interface Grant {
  connection_id: string
  tenant_id: string
  version: number
  access_token_expires_at: Date | null
  /** When the provider issued the current access token. */
  issued_at: Date
  access_token: Secret
  refresh_token: Secret | null
  /** What responses gave beside tokens, for later requests: a tenant, a host. */
  captured: JsonObject
  /** The mapped token response, without the client's id and secret. */
  credentials: Secret<JsonObject>
  account: GrantAccount | null
  /** The key that the tokens are bound to. */
  dpop: KeptDpopKey | null
}

/** The connection that a grant belongs to, with what its refresh request is rendered from. */
export interface GrantedConnection {
  id: string
  tenant_id: string
  connector_id: string
  /** Null where no provider issued the credentials: they stand in the config, and there is no grant. */
  integration_id: string | null
  config: JsonObject
}

const contentsSchema = z.object({
  access_token: z.string(),
  refresh_token: z.string().nullable(),
  captured: z.record(z.string(), z.json()).default({}),
  credentials: z.record(z.string(), z.json()),
  dpop: z.object({ private_key: z.string(), thumbprint: z.string() }).nullable().default(null),
})

/** `captured`: also what came before these tokens, of the authorization response or earlier token responses. */
export type IssuedTokens = Pick<ObtainedGrant, 'tokens' | 'credentials'> &
  Partial<Pick<ObtainedGrant, 'captured' | 'dpop'>>

/** The columns that a token response fills. An omitted refresh token leaves the `earlier` one in force (RFC 6749 §6). */
export async function sealedTokens(
  keys: KeyRing,
  connection: { id: string; tenant_id: string },
  { tokens, credentials, captured = {}, dpop = null }: IssuedTokens,
  earlier: Secret | null,
) {
  const refreshToken = tokens.refresh_token ?? earlier
  const contents: z.infer<typeof contentsSchema> = {
    access_token: tokens.access_token.reveal(),
    refresh_token: refreshToken?.reveal() ?? null,
    captured: { ...captured, ...tokens.captured },
    credentials: credentials.reveal(),
    dpop: dpop && { private_key: dpop.private_key.reveal(), thumbprint: dpop.thumbprint },
  }
  const refreshExpiry = tokens.refresh_token_expires_at ?? null
  return {
    sealed: await keys.seal(placeOf(connection), contents),
    access_token_expires_at: tokens.expires_at,
    refreshable: refreshToken !== null,
    // What the provider does not say again stays as it was.
    ...(refreshExpiry !== null && { refresh_token_expires_at: refreshExpiry }),
    ...(tokens.scope !== null && { scope: tokens.scope }),
  }
}

/** Stores the grant of a new connection; `facts` as `grantFacts` gives them. */
export async function insertGrant(
  tx: Transaction<Database>,
  keys: KeyRing,
  connection: { id: string; tenant_id: string },
  issued: IssuedTokens,
  facts: GrantFacts,
): Promise<void> {
  const columns = await sealedTokens(keys, connection, issued, null)
  await tx
    .insertInto('grants')
    .values({
      connection_id: connection.id,
      tenant_id: connection.tenant_id,
      version: 1,
      scope: null,
      ...facts,
      ...columns,
    })
    .execute()
}

/** @throws Problem 409 `connection_without_grant`; SealingError when the row was tampered with */
export async function readGrant({ db, keys }: Services, connection: { id: string; tenant_id: string }): Promise<Grant> {
  const row = await db
    .selectFrom('grants')
    .select(['version', 'sealed', 'access_token_expires_at', 'updated_at', 'account'])
    .where('tenant_id', '=', connection.tenant_id)
    .where('connection_id', '=', connection.id)
    .executeTakeFirst()
  if (row === undefined) throw withoutGrant()
  const contents = contentsSchema.parse(await keys.open(placeOf(connection), row.sealed))
  return {
    connection_id: connection.id,
    tenant_id: connection.tenant_id,
    version: row.version,
    access_token_expires_at: row.access_token_expires_at,
    issued_at: row.updated_at,
    access_token: secret(contents.access_token),
    refresh_token: contents.refresh_token === null ? null : secret(contents.refresh_token),
    captured: contents.captured,
    credentials: secret(contents.credentials),
    account: row.account,
    dpop: contents.dpop && { ...contents.dpop, private_key: secret(contents.dpop.private_key) },
  }
}

function placeOf(connection: { id: string; tenant_id: string }) {
  return { tenant_id: connection.tenant_id, table: 'grants', column: 'sealed', row: connection.id }
}
