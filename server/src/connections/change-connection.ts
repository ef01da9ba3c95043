import { buildRefreshRequest, type JsonObject, type OAuthPlan, secret } from '@sluice/oauth'
import type { AuditActor } from '../audit/audit-record.ts'
import type { DescribedConnector } from '../connectors/connector-catalogue.ts'
import { findConnector } from '../connectors/find-connector.ts'
import type { EndUser, HistoryKind } from '../database/schema.ts'
import { Problem } from '../http/problem.ts'
import type { Services } from '../services.ts'
import { checkedConfig, checkedOpenConfig } from './checked-config.ts'
import { type ConnectionRow, findConnection, openConfig, sealConfig } from './connection.ts'
import { recordHistory } from './connection-history.ts'
import { etagOf } from './connection-record.ts'
import { keepMasked, requireSameDestinations } from './masked-secrets.ts'

export interface ConnectionChange {
  id: string
  tenant_id: string
  actor: AuditActor
  /** Who asks may read the secrets (`credentials:read`), and so may send them anywhere. */
  reads_credentials: boolean
  /** `If-Match` (RFC 9110 §13.1.1); null: whatever stands may be changed. */
  if_match: string | null
  config?: JsonObject | undefined
  end_user?: EndUser | null | undefined
  required_scopes?: string[] | undefined
  optional_scopes?: string[] | undefined
  disabled?: boolean | undefined
}

/**
 * Changes what callers may change, all of it or nothing, and only of the version that was read.
 *
 * @throws Problem 404; 412 `changed_meanwhile`; 422 naming what breaks the schema, or as `requireSameDestinations`; 409
 *   `config_needs_reauthorization` when the new config would send the grant's tokens to another address
 */
export async function changeConnection(services: Services, change: ConnectionChange): Promise<void> {
  const row = await findConnection(services, change.tenant_id, change.id)
  if (change.if_match !== null && !matches(change.if_match, etagOf(row))) throw changedMeanwhile()
  const config = change.config && (await newConfig(services, row, change, change.config))
  const { end_user, required_scopes, optional_scopes, disabled } = change
  const now = services.now()
  const columns = {
    ...(config && { config_sealed: await sealConfig(services.keys, row, config) }),
    ...(end_user !== undefined && { end_user }),
    ...(required_scopes && { required_scopes }),
    ...(optional_scopes && { optional_scopes }),
    ...(disabled === true && row.disabled_at === null && { disabled_at: now }),
    ...(disabled === false && { disabled_at: null, exported_at: null }),
  }
  const fields = Object.keys(change).filter((name) => CHANGEABLE.has(name) && name in change)
  if (Object.keys(columns).length === 0) return

  const detail = { fields: fields.filter((name) => change[name as keyof ConnectionChange] !== undefined) }
  const subject = { type: 'connection', id: row.id }
  await services.audit.append(row.tenant_id, { action: 'connection.update', actor: change.actor, subject, detail })
  await services.db.transaction().execute(async (tx) => {
    const changed = await tx
      .updateTable('connections')
      .set({ ...columns, version: row.version + 1, updated_at: now })
      .where('tenant_id', '=', row.tenant_id)
      .where('id', '=', row.id)
      .where('version', '=', row.version)
      .executeTakeFirst()
    if (changed.numUpdatedRows !== 1n) throw changedMeanwhile()
    if (disabled === false && row.disabled_at !== null) {
      // What rested may have grown old.
      await tx
        .updateTable('grants')
        .set({ refresh_due_at: now })
        .where('tenant_id', '=', row.tenant_id)
        .where('connection_id', '=', row.id)
        .where('refreshable', '=', true)
        .execute()
    }
    await recordHistory(tx, row, { kind: kindOf(change, row), actor: change.actor, detail, at: now })
  })
}

const CHANGEABLE = new Set(['config', 'end_user', 'required_scopes', 'optional_scopes', 'disabled'])

function kindOf({ disabled }: ConnectionChange, row: ConnectionRow): HistoryKind {
  if (disabled === true && row.disabled_at === null) return 'disabled'
  return disabled === false && row.disabled_at !== null ? 'enabled' : 'changed'
}

function matches(ifMatch: string, etag: string): boolean {
  return ifMatch.trim() === '*' || ifMatch.split(',').some((candidate) => candidate.trim() === etag)
}

const changedMeanwhile = () =>
  new Problem(412, 'changed_meanwhile', 'The connection was changed since you read it. Read it again, then change it.')

async function newConfig(services: Services, row: ConnectionRow, change: ConnectionChange, sent: JsonObject) {
  const connector = await findConnector(services.connectors, row.connector_id)
  const standing = await openConfig(services, row)
  const { config: unmasked, kept } = keepMasked(connector.spec.config_schema, sent, standing)
  const isGrant = row.integration_id !== null
  const config = isGrant ? checkedOpenConfig(connector, unmasked) : checkedConfig(connector, unmasked)
  if (isGrant) requireSameAddress(connector, standing, config)
  if (!change.reads_credentials) {
    requireSameDestinations(connector, { standing, config, kept, keeps_grant: isGrant, by: 'caller' })
  }
  return config
}

/** Tokens go where the person consented to, and nowhere else. */
function requireSameAddress({ oauth }: DescribedConnector, earlier: JsonObject, config: JsonObject): void {
  if (oauth === null || tokenHost(oauth.plan, earlier) === tokenHost(oauth.plan, config)) return
  throw new Problem(
    409,
    'config_needs_reauthorization',
    'With this config the grant would be refreshed at another address than the person consented at. Have them authorize again.',
  )
}

function tokenHost(plan: OAuthPlan, config: JsonObject): string | null {
  const nothing = secret('-')
  try {
    const request = { client_id: '-', client_secret: nothing, refresh_token: nothing, access_token: nothing, config }
    return new URL(buildRefreshRequest(plan, request).url).host
  } catch {
    return null
  }
}
