import type { ConnectorCatalogue, DescribedConnector } from '../connectors/connector-catalogue.ts'
import { findConnector } from '../connectors/find-connector.ts'
import { Problem } from '../http/problem.ts'

/** As `findConnector`, but what ails the connector is told to whoever runs it, not to whoever holds a link. */
export async function connectorForPerson(connectors: ConnectorCatalogue, id: string): Promise<DescribedConnector> {
  try {
    return await findConnector(connectors, id)
  } catch (cause) {
    throw new Problem(502, 'connector_unavailable', 'This source cannot be connected now. Try again later.', { cause })
  }
}
