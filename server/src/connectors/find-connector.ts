import { SpecError } from '@sluice/connector-specs'
import { ConnectorError } from '@sluice/launcher'
import { notFound, Problem } from '../http/problem.ts'
import type { ConnectorCatalogue, DescribedConnector } from './connector-catalogue.ts'

/** The connector with its spec. @throws Problem 404, or 502 when the connector does not answer or its spec cannot be used */
export async function findConnector(connectors: ConnectorCatalogue, id: string): Promise<DescribedConnector> {
  const connector = connectors.find(id)
  if (connector === null) throw notFound('connector', id)
  try {
    return await connectors.describe(connector)
  } catch (cause) {
    if (cause instanceof SpecError) throw new Problem(502, cause.code, cause.message, { cause })
    if (!(cause instanceof ConnectorError)) throw cause
    throw new Problem(502, `connector_${cause.code}`, cause.message, { cause })
  }
}
