import { Problem } from '../http/problem.ts'
import type { Services } from '../services.ts'
import { findIntegration } from './find-integration.ts'
import { type IntegrationRow, integrationColumns } from './integration-record.ts'

/**
 * The integration that a caller names, or the connector's only one.
 *
 * @throws Problem 404; 422 `integration_of_another_connector`; 409 `no_integration` or `several_integrations`
 */
export async function chooseIntegration(
  services: Services,
  tenantId: string,
  connectorId: string,
  id: string | undefined,
): Promise<IntegrationRow> {
  if (id !== undefined) {
    const integration = await findIntegration(services, tenantId, id)
    if (integration.connector_id === connectorId) return integration
    throw new Problem(422, 'integration_of_another_connector', `Integration ${id} is not for ${connectorId}.`)
  }

  const candidates = await services.db
    .selectFrom('integrations')
    .select([...integrationColumns])
    .where('tenant_id', '=', tenantId)
    .where('connector_id', '=', connectorId)
    .limit(2)
    .execute()
  const [only, another] = candidates
  if (only !== undefined && another === undefined) return only
  throw new Problem(
    409,
    only === undefined ? 'no_integration' : 'several_integrations',
    only === undefined
      ? `${connectorId} has no integration yet: create one with POST /v1/integrations.`
      : `${connectorId} has several integrations: say which with integration_id.`,
  )
}
