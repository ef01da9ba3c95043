import type { JsonObject } from '@sluice/connector-specs'

/** A resource that the connector found in the source. */
export interface DiscoveredBinding {
  /** A name for its collection, without the tenant's prefix. */
  recommended_name: string
  resource_config: JsonObject
  document_schema: JsonObject
  /** JSON pointers of the key's parts. */
  key: string[]
  disable: boolean
  /** Empty when the connector leaves it to `resource_path_pointers` of its spec. */
  resource_path: string[]
}
