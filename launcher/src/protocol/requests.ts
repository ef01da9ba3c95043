// What is asked of a connector, in Flow's words whatever its protocol.
import type { JsonObject } from '@sluice/connector-specs'

/** Where a binding's documents go. */
export interface Collection {
  name: string
  /** JSON pointers of the key's parts. */
  key: string[]
  schema: JsonObject
}

export interface ValidateBinding {
  collection: Collection
  resource_config: JsonObject
  /** Counts the times that the resource was to be read anew; 0 when absent. */
  backfill?: number
  /** Which fields a materialization of Flow's gets. */
  fields?: FieldChoice
}

/** `fields` of a materialization's binding in flow.yaml. */
export interface FieldChoice {
  /** How deep fields are taken by themselves: `true` the document's own properties, `false` none but those that must be. */
  recommended?: boolean | number
  /** Fields to be taken in any case, each with what the connector is told of it. */
  require?: Record<string, JsonObject>
  exclude?: string[]
}

export interface CaptureBinding extends ValidateBinding {
  /** As `validate` gave it. */
  resource_path: string[]
  /** The key of this binding's state; made of the resource path and backfill count when absent. */
  state_key?: string
}

export interface ValidateRequest {
  /** The capture's name. */
  name: string
  config: JsonObject
  bindings: ValidateBinding[]
}

export interface CaptureRequest {
  name: string
  config: JsonObject
  bindings: CaptureBinding[]
  /** The state that the last run's checkpoints left, `{}` at first. */
  state: JsonObject
  /** Seconds between two polls of a connector that polls. */
  interval_seconds?: number
  /** Identifies this version of the task. */
  version?: string
  /** End once this many documents have come, committed or not. */
  max_documents?: number
  /** With `max_documents`: end at the checkpoint that follows. */
  ends_at_checkpoint?: boolean
  /** End at the first checkpoint that follows a document. */
  stop_after_checkpoint?: boolean
}

/**
 * Flow's state key of a binding: the resource path, each part percent-encoded, joined by `/`, with `.v2` and so on once
 * it was backfilled.
 */
export function stateKey(resourcePath: readonly string[], backfill = 0): string {
  const path = resourcePath.map(encodeURIComponent).join('/')
  return backfill > 0 ? `${path}.v${backfill}` : path
}
