// Tokens that a provider issued and that were then refused here: a scope was missing, another account was chosen, the
// link was used meanwhile. Nobody will use them, so they are ended, unless that may end a grant that is in use.
import { type Conversation, type JsonObject, OAuthError, type OAuthPlan } from '@sluice/oauth'
import { sql } from 'kysely'
import type { GrantAccount } from '../database/schema.ts'
import { Problem } from '../http/problem.ts'
import type { Services } from '../services.ts'
import { type RevocableTokens, revokeTokens } from './revoke-tokens.ts'

export interface UnusedTokens {
  tenant_id: string
  plan: OAuthPlan
  conversation: Conversation
  /** Whose tokens they are; null: the provider does not tell. */
  account: GrantAccount | null
  config: JsonObject
  tokens: RevocableTokens
}

/**
 * Revokes tokens that are not stored. Where a revocation ends all that an account allowed the client (as is assumed
 * unless the provider's declaration says otherwise), they are left alone while another connection of the tenant with the
 * same client has that account, or may have it.
 */
export async function revokeUnusedTokens(services: Services, unused: UnusedTokens): Promise<void> {
  const { plan, conversation, config, tokens } = unused
  if (endsAccount(plan) && (await isAccountInUse(services, unused))) return
  await revokeTokens(conversation, { config, tokens })
}

/** Whether a revocation ends all that an account allowed the client; assumed unless the declaration says otherwise. */
export function endsAccount({ behaviour }: OAuthPlan): boolean {
  return behaviour.revocation?.ends !== 'grant'
}

/** Whether an error says for certain that nothing was stored; after others, what is revoked might be in use. */
export function isRefusal(error: unknown): boolean {
  return error instanceof Problem || error instanceof OAuthError
}

async function isAccountInUse(
  { db }: Services,
  { tenant_id, conversation, account }: Pick<UnusedTokens, 'tenant_id' | 'conversation' | 'account'>,
): Promise<boolean> {
  const used = await db
    .selectFrom('connections')
    .innerJoin('integrations', 'integrations.id', 'connections.integration_id')
    .innerJoin('grants', 'grants.connection_id', 'connections.id')
    .select('connections.id')
    .where('connections.tenant_id', '=', tenant_id)
    .where('integrations.tenant_id', '=', tenant_id)
    .where('integrations.client_id', '=', conversation.client_id)
    .where('grants.tenant_id', '=', tenant_id)
    .$if(account !== null, (query) =>
      query.where(
        sql<boolean>`(grants.account is null or grants.account->>'source' <> ${account?.source ?? ''}
          or grants.account->>'id' = ${account?.id ?? ''})`,
      ),
    )
    .limit(1)
    .executeTakeFirst()
  return used !== undefined
}
