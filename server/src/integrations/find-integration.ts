import { type ClientRegistrationData, type DpopUse, type Secret, secret } from '@sluice/oauth'
import type { Selectable } from 'kysely'
import { z } from 'zod'
import type { IntegrationTable } from '../database/schema.ts'
import { notFound, Problem } from '../http/problem.ts'
import type { KeyRing } from '../sealing/key-ring.ts'
import { openAgain } from '../sealing/open-again.ts'
import type { Services } from '../services.ts'
import { clientKeysSchema, readClientKeys } from './client-keys.ts'
import { type IntegrationRow, integrationColumns } from './integration-record.ts'

/** @throws Problem 404, the same whether it is missing or another tenant's */
export async function findIntegration({ db }: Services, tenantId: string, id: string): Promise<IntegrationRow> {
  const row = await db
    .selectFrom('integrations')
    .select([...integrationColumns])
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .executeTakeFirst()
  if (row === undefined) throw notFound('integration', id)
  return row
}

export interface OAuthClient {
  client_id: string
  /** Empty where the client proves itself otherwise, or not at all. */
  client_secret: Secret
}

export const withoutGrant = () =>
  new Problem(409, 'connection_without_grant', 'This connection has no grant: its credentials stand in its config.')

/**
 * The integration's client registration with its secret opened.
 *
 * @throws Problem 404; 409 `connection_without_grant` for a connection without integration
 */
export async function openOAuthClient(services: Services, tenantId: string, id: string | null): Promise<OAuthClient> {
  const { client } = await openIntegration(services, tenantId, id)
  return { client_id: client.client_id, client_secret: client.client_secret ?? secret('') }
}

export interface OpenedIntegration {
  client: ClientRegistrationData
  issuer: string | null
  scopes: string[] | null
  resource: string[] | null
  dpop: DpopUse | null
}

/** What a client registration is opened from. */
export const clientColumns = [
  'client_id',
  'client_secret_sealed',
  'client_keys_sealed',
  'token_endpoint_auth_method',
  'assertion_audience',
  'issuer',
  'scopes',
  'resource',
  'dpop',
] as const

export type ClientRow = Pick<Selectable<IntegrationTable>, (typeof clientColumns)[number]>

/** An integration with everything sealed opened. @throws Problem as `openOAuthClient` does */
export async function openIntegration(
  services: Services,
  tenantId: string,
  id: string | null,
): Promise<OpenedIntegration> {
  if (id === null) throw withoutGrant()
  const row = await services.db
    .selectFrom('integrations')
    .select([...clientColumns])
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .executeTakeFirst()
  if (row === undefined) throw notFound('integration', id)
  return openClient(services.keys, { tenant_id: tenantId, id }, row)
}

/** The same for a row that was read a moment ago. */
export async function openClient(
  keyRing: KeyRing,
  integration: { tenant_id: string; id: string },
  row: ClientRow,
): Promise<OpenedIntegration> {
  const { client_secret_sealed, client_keys_sealed, client_id, token_endpoint_auth_method, assertion_audience } = row
  const { tenant_id, id } = integration
  const place = (column: string) => ({ tenant_id, table: 'integrations', column, row: id })
  const client_secret =
    client_secret_sealed === null
      ? null
      : secret(z.string().parse(await openAgain(keyRing, place('client_secret'), client_secret_sealed)))
  const keys =
    client_keys_sealed === null
      ? {}
      : clientKeysSchema.parse(await openAgain(keyRing, place('client_keys'), client_keys_sealed))
  return {
    client: { client_id, client_secret, token_endpoint_auth_method, assertion_audience, ...readClientKeys(keys) },
    issuer: row.issuer,
    scopes: row.scopes,
    resource: row.resource,
    dpop: row.dpop,
  }
}
