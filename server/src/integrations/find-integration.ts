import { type Secret, secret } from '@sluice/oauth'
import { z } from 'zod'
import { notFound, Problem } from '../http/problem.ts'
import type { Services } from '../services.ts'
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
  if (id === null) throw withoutGrant()
  const row = await services.db
    .selectFrom('integrations')
    .select(['client_id', 'client_secret_sealed'])
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .executeTakeFirst()
  if (row === undefined) throw notFound('integration', id)
  const place = { tenant_id: tenantId, table: 'integrations', column: 'client_secret', row: id }
  const clientSecret = z.string().parse(await services.keys.open(place, row.client_secret_sealed))
  return { client_id: row.client_id, client_secret: secret(clientSecret) }
}
