// A DevLake scope (a repository, a board) as a binding's resource.
import { isJsonObject, type JsonObject } from '@sluice/connector-specs'
import { ConnectorError } from '../connector-error.ts'
import type { DiscoveredBinding } from '../protocol/discovered-binding.ts'
import type { ValidateBinding } from '../protocol/requests.ts'

export const RESOURCE_PATH_POINTERS = ['/scope_id']

export interface Scope {
  scope_id: string
  scope: JsonObject
  scope_config: JsonObject | null
}

export function resourceConfigSchema(scope: JsonObject, scopeConfig: JsonObject | undefined): JsonObject {
  return {
    type: 'object',
    required: ['scope_id', 'scope'],
    properties: {
      scope_id: { type: 'string', title: 'Scope', 'x-collection-name': true },
      scope: { ...scope, title: 'Scope data' },
      ...(scopeConfig && { scope_config: { ...scopeConfig, title: 'Scope config' } }),
    },
  }
}

/** Rows of the domain layer: their ids name plugin, model, connection and key, so that tables share a collection. */
const DOCUMENT_SCHEMA: JsonObject = {
  type: 'object',
  required: ['_meta', 'id'],
  properties: {
    _meta: { type: 'object', required: ['table'], properties: { table: { type: 'string' } } },
    id: { type: 'string' },
  },
}

export function bindingOfScope(id: string, name: string | null, data: JsonObject): DiscoveredBinding {
  return {
    recommended_name: (name ?? id).replaceAll(/[^\w.-]+/g, '_'),
    resource_config: { scope_id: id, scope: data },
    document_schema: DOCUMENT_SCHEMA,
    key: ['/id'],
    disable: false,
    resource_path: [id],
  }
}

/** @throws ConnectorError `refused` */
export function readScope(task: string, { resource_config }: ValidateBinding): Scope {
  const { scope_id, scope, scope_config } = resource_config
  if (typeof scope_id === 'string' && isJsonObject(scope)) {
    return { scope_id, scope, scope_config: isJsonObject(scope_config) ? scope_config : null }
  }
  const message = `A binding of ${task} names no scope: its resource needs scope_id and scope, as discovery gives them.`
  throw new ConnectorError('refused', message, { verdict: 'connector_broken' })
}
