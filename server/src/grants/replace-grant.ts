// Reauthorization in place: the connection keeps its id, and its old grant until the new one has passed.
import { type JsonObject, OAuthError, type OAuthPlan } from '@sluice/oauth'
import { sql, type Transaction } from 'kysely'
import type { AuditActor } from '../audit/audit-record.ts'
import { findConnection, openConfig, sealConfig } from '../connections/connection.ts'
import { recordHistory } from '../connections/connection-history.ts'
import { findConnector } from '../connectors/find-connector.ts'
import type { Database, GrantAccount } from '../database/schema.ts'
import { emitEvent } from '../events/emit-event.ts'
import { Problem } from '../http/problem.ts'
import { withoutGrant } from '../integrations/find-integration.ts'
import { openConversation } from '../integrations/open-conversation.ts'
import type { Services } from '../services.ts'
import { type IssuedTokens, readGrant, sealedTokens } from './grant.ts'
import { isAnotherAccount } from './grant-account.ts'
import { type GrantFacts, grantFacts } from './grant-facts.ts'
import type { RevocableTokens } from './revoke-tokens.ts'
import { revokeUnusedTokens } from './revoke-unused-tokens.ts'
import { grantedScopes } from './scopes.ts'
import { testToken } from './test-token.ts'

export interface Replacement {
  tenant_id: string
  connection_id: string
  /** What the provider answered to the new consent, already read and mapped. */
  issued: IssuedTokens
  /** Of the authorization request; null when nobody knows. */
  requested_scopes: string[] | null
  /** The endpoint config that the person filled this time; left out, it stays as it was. */
  config?: JsonObject
  /** Another account than before is refused unless the tenant said otherwise. */
  allow_different_account: boolean
  /** Who consented. */
  actor: AuditActor
}

export interface ReplacedGrant {
  account: GrantAccount | null
  previous_account: GrantAccount | null
}

/**
 * Puts a new grant in the place of a connection's grant. It must pass first: the provider's test call, where one is
 * declared, and the account, where the provider tells it. Until the commit the old grant stands and is refreshed; a
 * refresh that is under way then commits nothing. `complete` runs in the same transaction, so that what it throws keeps
 * the old grant.
 *
 * The tokens of an account that was replaced on purpose are revoked at the provider, where that ends no other connection's
 * grant. The old tokens of the same account are left alone: at many providers their revocation would end the new grant as
 * well. The new tokens, when it throws, are the caller's to revoke.
 *
 * @throws Problem 404 when the connection is missing or another tenant's; 409 `different_account` or
 *   `connection_without_grant`; OAuthError when the test call fails
 */
export async function replaceGrant(
  services: Services,
  replacement: Replacement,
  complete: (tx: Transaction<Database>) => Promise<void> = async () => {},
): Promise<ReplacedGrant> {
  const { tenant_id, connection_id, issued } = replacement
  const row = await findConnection(services, tenant_id, connection_id)
  const connector = await findConnector(services.connectors, row.connector_id)
  if (connector.oauth === null) throw withoutGrant()
  const { plan } = connector.oauth
  const { integration_id } = row
  const conversation = await openConversation(services, { tenant_id, integration_id, connector })
  const { client_id } = conversation
  const earlierConfig = await openConfig(services, row)
  const config = replacement.config ?? earlierConfig
  const previous = await readGrant(services, row)
  const captured = { ...issued.captured, ...issued.tokens.captured }
  const now = services.now()
  const facts = grantFacts(plan, {
    tokens: issued.tokens,
    captured,
    client_id,
    requested_scopes: replacement.requested_scopes,
    granted_at: now,
  })
  const differs = isAnotherAccount(previous.account, facts.account)
  if (differs && !replacement.allow_different_account) {
    const detail = { reason: 'different_account' }
    await recordHistory(services.db, row, { kind: 'repair_refused', actor: replacement.actor, detail, at: now })
    throw new Problem(409, 'different_account', DIFFERENT_ACCOUNT)
  }
  await requirePassing(services, plan, { client_id, config, tokens: { ...issued.tokens, captured } })

  const renewed = {
    id: row.id,
    tenant_id,
    tokens: await sealedTokens(services.keys, row, issued, null, { now, behaviour: plan.behaviour }),
    config: replacement.config && (await sealConfig(services.keys, row, config)),
    facts,
    differs,
    actor: replacement.actor,
    now,
  }
  await services.audit.append(tenant_id, {
    action: 'connection.repair',
    actor: replacement.actor,
    subject: { type: 'connection', id: row.id },
    detail: { different_account: differs },
  })
  await services.db.transaction().execute(async (tx) => {
    await commit(tx, renewed)
    await complete(tx)
  })
  if (differs) {
    const { account } = previous
    const replaced = { tenant_id, plan, conversation, account, config: earlierConfig, tokens: previous }
    await revokeUnusedTokens(services, replaced)
  }
  return { account: facts.account, previous_account: previous.account }
}

const DIFFERENT_ACCOUNT =
  'This is another account than the one that the connection was made with. Choose that one at the provider.'

async function requirePassing(
  services: Services,
  plan: OAuthPlan,
  { client_id, config, tokens }: { client_id: string; config: JsonObject; tokens: RevocableTokens },
): Promise<void> {
  try {
    await testToken(services, plan, { client_id, config, ...tokens })
  } catch (error) {
    // An API that is down says nothing about the token.
    if (!(error instanceof OAuthError) || error.verdict !== 'transient') throw error
  }
}

interface RenewedGrant {
  id: string
  tenant_id: string
  tokens: Awaited<ReturnType<typeof sealedTokens>>
  config: Buffer | undefined
  facts: GrantFacts
  differs: boolean
  actor: AuditActor
  now: Date
}

async function commit(tx: Transaction<Database>, renewed: RenewedGrant): Promise<void> {
  const { id, tenant_id, now, differs } = renewed
  const grant = await tx
    .updateTable('grants')
    .set((row) => ({
      scope: null,
      refresh_token_expires_at: null,
      ...renewed.facts,
      ...renewed.tokens,
      warned_seconds: null,
      // Whoever is refreshing the old grant finds its version gone.
      version: sql`${row.ref('version')} + 1`,
    }))
    .where('tenant_id', '=', tenant_id)
    .where('connection_id', '=', id)
    .returning(['scope', 'requested_scopes'])
    .executeTakeFirstOrThrow()
  await tx
    .updateTable('connections')
    .set((row) => ({
      status: 'healthy',
      status_reason: null,
      problem: null,
      version: sql`${row.ref('version')} + 1`,
      disabled_at: null,
      updated_at: now,
      ...(renewed.config && { config_sealed: renewed.config }),
    }))
    .where('tenant_id', '=', tenant_id)
    .where('id', '=', id)
    .execute()
  const detail = { scopes: grantedScopes(grant), different_account: differs }
  await recordHistory(tx, renewed, { kind: 'repaired', actor: renewed.actor, detail, at: now })
  const data = { connection_id: id, different_account: differs }
  await emitEvent(tx, tenant_id, { type: 'connection.repaired', data })
}
