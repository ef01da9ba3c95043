import {
  type JsonObject,
  type KeptDpopKey,
  type ObtainedGrant,
  type ProviderBehaviour,
  type Secret,
  secret,
} from '@sluice/oauth'
import type { Selectable, Transaction } from 'kysely'
import { z } from 'zod'
import type { Database, GrantAccount, GrantTable } from '../database/schema.ts'
import { withoutGrant } from '../integrations/find-integration.ts'
import type { KeyRing } from '../sealing/key-ring.ts'
import { openedObject } from '../sealing/opened-object.ts'
import type { Services } from '../services.ts'
import type { GrantFacts } from './grant-facts.ts'
import { OWN_GRANT_TYPES, type OwnGrantType } from './own-grant.ts'
import { refreshDueAt } from './refresh-times.ts'

/** A grant as it is used: the tokens of a person's consent, and the credentials that the connector gets of them. */
export interface Grant {
  connection_id: string
  tenant_id: string
  version: number
  access_token_expires_at: Date | null
  /** When the provider issued the current access token. */
  issued_at: Date
  /** False where nothing buys the next access token, and once the provider called the grant dead. */
  refreshable: boolean
  /** After a failure, no attempt before this instant. */
  retry_at: Date | null
  failures: number
  introspected_at: Date | null
  access_token: Secret
  refresh_token: Secret | null
  /** What responses gave beside tokens, for later requests: a tenant, a host. */
  captured: JsonObject
  /** The mapped token response, without the client's id and secret. */
  credentials: Secret<JsonObject>
  account: GrantAccount | null
  /** As granted; null: the provider did not say. */
  scope: string | null
  /** The key that the tokens are bound to. */
  dpop: KeptDpopKey | null
  /** How the integration's client gets the tokens for itself; null: a person consented. */
  grant_type: OwnGrantType | null
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
  captured: openedObject.default({}),
  credentials: openedObject,
  dpop: z.object({ private_key: z.string(), thumbprint: z.string() }).nullable().default(null),
  grant_type: z.enum(OWN_GRANT_TYPES).nullable().default(null),
})

/** `captured`: also what came before these tokens, of the authorization response or earlier token responses. */
export type IssuedTokens = Pick<ObtainedGrant, 'tokens' | 'credentials'> &
  Partial<Pick<ObtainedGrant, 'captured' | 'dpop'>> & { grant_type?: OwnGrantType | null }

export interface IssueOptions {
  /** When the provider issued the tokens; now unless given. */
  now?: Date
  /** Of the plan that the tokens came by. */
  behaviour?: Pick<ProviderBehaviour, 'refreshes_with'> & {
    refresh_policy: Pick<ProviderBehaviour['refresh_policy'], 'margin_seconds'>
  }
}

const STANDARD: NonNullable<IssueOptions['behaviour']> = {
  refreshes_with: 'refresh_token',
  refresh_policy: { margin_seconds: null },
}

/**
 * The columns that a token response fills; what was known of failures before it is over. An omitted refresh token leaves
 * the `earlier` one in force (RFC 6749 §6).
 */
export async function sealedTokens(
  keys: KeyRing,
  connection: { id: string; tenant_id: string },
  { tokens, credentials, captured = {}, dpop = null, grant_type = null }: IssuedTokens,
  earlier: Secret | null,
  { now = new Date(), behaviour = STANDARD }: IssueOptions = {},
) {
  const refreshToken = tokens.refresh_token ?? earlier
  const contents: z.infer<typeof contentsSchema> = {
    access_token: tokens.access_token.reveal(),
    refresh_token: refreshToken?.reveal() ?? null,
    captured: { ...captured, ...tokens.captured },
    credentials: credentials.reveal(),
    dpop: dpop && { private_key: dpop.private_key.reveal(), thumbprint: dpop.thumbprint },
    grant_type,
  }
  const refreshExpiry = tokens.refresh_token_expires_at ?? null
  const refreshable = refreshToken !== null || grant_type !== null || behaviour.refreshes_with === 'access_token'
  const lifetime = { issued_at: now, access_token_expires_at: tokens.expires_at }
  return {
    ...lifetime,
    sealed: await keys.seal(placeOf(connection), contents),
    refreshable,
    refresh_due_at: refreshable ? refreshDueAt(lifetime, behaviour.refresh_policy) : null,
    retry_at: null,
    failures: 0,
    in_doubt_since: null,
    introspected_at: null,
    lease_owner: null,
    lease_until: null,
    updated_at: now,
    // What the provider does not say again stays as it was.
    ...(refreshExpiry !== null && { refresh_token_expires_at: refreshExpiry }),
    // Postgres keeps no NUL and no half of a character, and for a name alone no token is to be lost.
    ...(tokens.scope !== null && { scope: tokens.scope.toWellFormed().replaceAll('\0', '\ufffd') }),
  }
}

/** Stores the grant of a new connection; `facts` as `grantFacts` gives them. */
export async function insertGrant(
  tx: Transaction<Database>,
  keys: KeyRing,
  connection: { id: string; tenant_id: string },
  issued: IssuedTokens,
  facts: GrantFacts,
  options: IssueOptions = { now: facts.granted_at },
): Promise<void> {
  await tx
    .insertInto('grants')
    .values(await newGrantRow(keys, connection, issued, facts, options))
    .execute()
}

export const newGrantColumns = [
  'connection_id',
  'tenant_id',
  'version',
  'scope',
  'granted_at',
  'requested_scopes',
  'account',
  'idle_lifetime_seconds',
  'absolute_until',
  'refresh_expiry_is_final',
  'issued_at',
  'access_token_expires_at',
  'sealed',
  'refreshable',
  'refresh_due_at',
  'retry_at',
  'failures',
  'in_doubt_since',
  'introspected_at',
  'lease_owner',
  'lease_until',
  'updated_at',
  'refresh_token_expires_at',
] as const

export async function newGrantRow(
  keys: KeyRing,
  connection: { id: string; tenant_id: string },
  issued: IssuedTokens,
  facts: GrantFacts,
  options: IssueOptions,
) {
  const columns = await sealedTokens(keys, connection, issued, null, options)
  return {
    connection_id: connection.id,
    tenant_id: connection.tenant_id,
    version: 1,
    scope: null,
    ...facts,
    ...columns,
  }
}

export const grantColumns = [
  'grants.version',
  'grants.sealed',
  'grants.access_token_expires_at',
  'grants.issued_at',
  'grants.refreshable',
  'grants.retry_at',
  'grants.failures',
  'grants.introspected_at',
  'grants.account',
  'grants.scope',
] as const

export type GrantRow = Pick<
  Selectable<GrantTable>,
  | 'version'
  | 'sealed'
  | 'access_token_expires_at'
  | 'issued_at'
  | 'refreshable'
  | 'retry_at'
  | 'failures'
  | 'introspected_at'
  | 'account'
  | 'scope'
>

/** @throws Problem 409 `connection_without_grant`; SealingError when the row was tampered with */
export async function readGrant({ db, keys }: Services, connection: { id: string; tenant_id: string }): Promise<Grant> {
  const row = await db
    .selectFrom('grants')
    .select([...grantColumns])
    .where('tenant_id', '=', connection.tenant_id)
    .where('connection_id', '=', connection.id)
    .executeTakeFirst()
  if (row === undefined) throw withoutGrant()
  return openGrant(keys, connection, row)
}

/** @throws SealingError when the row was tampered with */
export async function openGrant(
  keys: KeyRing,
  connection: { id: string; tenant_id: string },
  row: GrantRow,
): Promise<Grant> {
  const contents = contentsSchema.parse(await keys.open(placeOf(connection), row.sealed))
  return {
    connection_id: connection.id,
    tenant_id: connection.tenant_id,
    version: row.version,
    access_token_expires_at: row.access_token_expires_at,
    issued_at: row.issued_at,
    refreshable: row.refreshable,
    retry_at: row.retry_at,
    failures: row.failures,
    introspected_at: row.introspected_at,
    access_token: secret(contents.access_token),
    refresh_token: contents.refresh_token === null ? null : secret(contents.refresh_token),
    captured: contents.captured,
    credentials: secret(contents.credentials),
    account: row.account,
    scope: row.scope,
    dpop: contents.dpop && { ...contents.dpop, private_key: secret(contents.dpop.private_key) },
    grant_type: contents.grant_type,
  }
}

function placeOf(connection: { id: string; tenant_id: string }) {
  return { tenant_id: connection.tenant_id, table: 'grants', column: 'sealed', row: connection.id }
}
