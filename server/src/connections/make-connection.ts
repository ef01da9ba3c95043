// A connection made by the tenant's own word: imported tokens, proven first, or credentials that stand in the config.
import { configWithCredentials } from '@sluice/connector-specs'
import type { Conversation, JsonObject, OAuthPlan, Secret } from '@sluice/oauth'
import type { Transaction } from 'kysely'
import type { AuditActor } from '../audit/audit-record.ts'
import type { DescribedConnector } from '../connectors/connector-catalogue.ts'
import { findConnector } from '../connectors/find-connector.ts'
import type { Database, EndUser } from '../database/schema.ts'
import { emitEvent } from '../events/emit-event.ts'
import { type IssuedTokens, insertGrant } from '../grants/grant.ts'
import { grantFacts } from '../grants/grant-facts.ts'
import { type ImportedTokens, proveTokens } from '../grants/import-grant.ts'
import { keepTrying } from '../grants/keep-trying.ts'
import { type OwnGrantType, requestOwnTokens, requireOffered } from '../grants/own-grant.ts'
import { markUnfinished, proveByRefresh } from '../grants/prove-by-refresh.ts'
import { Problem } from '../http/problem.ts'
import { chooseIntegration } from '../integrations/choose-integration.ts'
import { openOAuthClient } from '../integrations/find-integration.ts'
import { openConversation } from '../integrations/open-conversation.ts'
import type { Services } from '../services.ts'
import { uuidv7 } from '../uuid.ts'
import { checkedConfig, checkedOpenConfig } from './checked-config.ts'
import { insertConnection, type NewConnection } from './connection.ts'
import { recordHistory } from './connection-history.ts'

export interface ConnectionToMake {
  tenant_id: string
  connector_id: string
  integration_id?: string | undefined
  end_user?: EndUser | undefined
  config: JsonObject
  grant?: ImportedTokens | undefined
  /** The integration's client gets the tokens for itself. */
  grant_type?: OwnGrantType | undefined
  required_scopes: string[]
  optional_scopes: string[]
  actor: AuditActor
}

/**
 * Stores the connection and returns its id. With `grant` or `grant_type` the provider is asked first; what it refuses is
 * not stored.
 *
 * @throws Problem 404, 409 when the integration is not clear, 422 naming what breaks the connector's schema, and as
 *   `proveTokens` and `requireOffered`; OAuthError when the provider gives the client no token
 */
export async function makeConnection(services: Services, wanted: ConnectionToMake): Promise<string> {
  const connector = await findConnector(services.connectors, wanted.connector_id)
  const row: NewConnection = {
    id: uuidv7(),
    tenant_id: wanted.tenant_id,
    connector_id: connector.id,
    integration_id: null,
    config: wanted.config,
    end_user: wanted.end_user ?? null,
    required_scopes: wanted.required_scopes,
    optional_scopes: wanted.optional_scopes,
  }
  const { grant, grant_type } = wanted
  if (grant !== undefined) {
    return withGrant(services, connector, wanted, row, async ({ plan, conversation, config, requireFitting }) => {
      // Recorded before the provider is asked: a token that a refresh spends is not to be lost for want of a record.
      await record(services, row, wanted.actor, 'imported')
      const proof = { plan, conversation, config, given: grant, requireFitting }
      const { issued, proven_by } = await proveTokens(services, proof)
      return {
        issued,
        captured: grant.further,
        scopes: grant.scopes,
        kind: 'imported',
        detail: { proven_by },
        unfinished: proven_by === 'refresh',
      }
    })
  }
  if (grant_type !== undefined) {
    return withGrant(
      services,
      connector,
      wanted,
      row,
      async ({ plan, issuer, conversation, config, requireFitting }) => {
        requireOffered(plan, grant_type, issuer)
        const obtained = await requestOwnTokens(conversation, grant_type, { config })
        requireFitting(obtained.credentials)
        await record(services, row, wanted.actor, 'created')
        const { captured, requested_scopes } = obtained
        return {
          issued: { ...obtained, grant_type },
          captured,
          scopes: requested_scopes,
          kind: 'created',
          detail: { grant_type },
          unfinished: false,
        }
      },
    )
  }

  const { integration_id } = wanted
  if (integration_id !== undefined) {
    throw new Problem(422, 'grant_missing', 'An integration is for OAuth tokens: give them as `grant`.')
  }
  const config = checkedConfig(connector, wanted.config)
  await record(services, row, wanted.actor, 'created')
  await store(services, { ...row, config }, { actor: wanted.actor, kind: 'created', detail: {}, unfinished: false })
  return row.id
}

interface GrantSource {
  plan: OAuthPlan
  /** Of the integration. */
  issuer: string | null
  conversation: Conversation
  config: JsonObject
  /** @throws Problem 422 `invalid_config` when the connector would not take such credentials */
  requireFitting: (credentials: Secret<JsonObject>) => void
}

interface NewGrant {
  issued: IssuedTokens
  captured: JsonObject
  /** As asked for; null when nobody knows. */
  scopes: string[] | null
  kind: 'created' | 'imported'
  detail: JsonObject
  /** To be proven by a first refresh. */
  unfinished: boolean
}

async function withGrant(
  services: Services,
  connector: DescribedConnector,
  wanted: ConnectionToMake,
  row: NewConnection,
  obtain: (source: GrantSource) => Promise<NewGrant>,
): Promise<string> {
  const { oauth } = connector
  const { tenant_id, actor } = wanted
  if (oauth === null) {
    throw new Problem(
      422,
      'connector_without_oauth',
      `${connector.id} declares no OAuth: its credentials are its config.`,
    )
  }
  const integration = await chooseIntegration(services, tenant_id, connector.id, wanted.integration_id)
  const client = await openOAuthClient(services, tenant_id, integration.id)
  const conversation = await openConversation(services, { tenant_id, integration_id: integration.id, connector })
  const config = checkedOpenConfig(connector, wanted.config)
  const { plan } = oauth
  const requireFitting: GrantSource['requireFitting'] = (tokens) => {
    const phase = wanted.grant_type ?? 'authorization_code'
    const merged = configWithCredentials(connector.spec.config_schema, oauth, config, { ...client, tokens, phase })
    checkedConfig(connector, merged.reveal(), wanted.grant === undefined ? '/grant_type' : '/grant/further')
  }
  const made = await obtain({ plan, issuer: integration.issuer, conversation, config, requireFitting })
  const { issued } = made
  const facts = grantFacts(plan, {
    tokens: issued.tokens,
    captured: made.captured,
    client_id: client.client_id,
    requested_scopes: made.scopes,
    granted_at: services.now(),
  })
  const connection = { ...row, integration_id: integration.id, config }
  const { unfinished } = made
  await store(services, connection, { actor, kind: made.kind, detail: made.detail, unfinished }, async (tx) => {
    await insertGrant(tx, services.keys, connection, issued, facts, {
      now: facts.granted_at,
      behaviour: plan.behaviour,
    })
    if (unfinished) await markUnfinished(tx, connection, facts.granted_at)
  })
  if (unfinished) await proveByRefresh(services, connection)
  return row.id
}

async function record(
  services: Services,
  { id, tenant_id }: NewConnection,
  actor: AuditActor,
  kind: 'created' | 'imported',
): Promise<void> {
  const action = `connection.${kind === 'created' ? 'create' : 'import'}`
  await services.audit.append(tenant_id, { action, actor, subject: { type: 'connection', id } })
}

/** Waits for a database that is away: tokens may stand nowhere else by now. */
async function store(
  services: Services,
  connection: NewConnection,
  { actor, kind, detail, unfinished }: Pick<NewGrant, 'kind' | 'detail' | 'unfinished'> & { actor: AuditActor },
  andGrant: (tx: Transaction<Database>) => Promise<void> = async () => {},
): Promise<void> {
  const { id, tenant_id } = connection
  let isRetry = false
  await keepTrying(async () => {
    if (isRetry && (await isStored(services, connection))) return
    isRetry = true
    await services.db.transaction().execute(async (tx) => {
      await insertConnection(tx, services.keys, connection)
      await andGrant(tx)
      await recordHistory(tx, connection, { kind, actor, detail, at: services.now() })
      // What a refresh is still to prove is told of by that.
      if (!unfinished) await emitEvent(tx, tenant_id, { type: 'connection.created', data: { connection_id: id } })
    })
  })
}

async function isStored({ db }: Services, { id, tenant_id }: NewConnection): Promise<boolean> {
  const row = await db
    .selectFrom('connections')
    .select('id')
    .where('tenant_id', '=', tenant_id)
    .where('id', '=', id)
    .executeTakeFirst()
  return row !== undefined
}
