// Requests of Flow's capture protocol as JSON objects with one key each (contracts: Flow capture protocol).
import type { JsonObject } from '@sluice/connector-specs'

/** These connectors run as local programs, not in the context of an image. */
const CONNECTOR_TYPE = 'LOCAL'
const WHOLE_RANGE = { keyBegin: 0, keyEnd: 0xffffffff, rClockBegin: 0, rClockEnd: 0xffffffff }
const DEFAULT_INTERVAL_SECONDS = 300

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
  /** End at the first checkpoint that follows a document. */
  stop_after_checkpoint?: boolean
}

export function specRequest(): JsonObject {
  return { spec: { connectorType: CONNECTOR_TYPE, config: {} } }
}

export function discoverRequest(config: JsonObject): JsonObject {
  return { discover: { connectorType: CONNECTOR_TYPE, config } }
}

export function validateRequest({ name, config, bindings }: ValidateRequest): JsonObject {
  return { validate: { name, connectorType: CONNECTOR_TYPE, config, bindings: bindings.map(validateBinding) } }
}

export function applyRequest(request: CaptureRequest): JsonObject {
  return { apply: { capture: captureSpec(request), version: request.version ?? '1' } }
}

export function openRequest(request: CaptureRequest): JsonObject {
  const { version = '1', state } = request
  return { open: { capture: captureSpec(request), version, range: WHOLE_RANGE, state } }
}

export function acknowledgeRequest(checkpoints: number): JsonObject {
  return { acknowledge: { checkpoints } }
}

/**
 * Flow's state key of a binding: the resource path, each part percent-encoded, joined by `/`, with `.v2` and so on once
 * it was backfilled.
 */
export function stateKey(resourcePath: readonly string[], backfill = 0): string {
  const path = resourcePath.map(encodeURIComponent).join('/')
  return backfill > 0 ? `${path}.v${backfill}` : path
}

function captureSpec({ name, config, bindings, interval_seconds }: CaptureRequest): JsonObject {
  return {
    name,
    connectorType: CONNECTOR_TYPE,
    config,
    intervalSeconds: interval_seconds ?? DEFAULT_INTERVAL_SECONDS,
    bindings: bindings.map((binding) => ({
      ...validateBinding(binding),
      resourcePath: binding.resource_path,
      stateKey: binding.state_key ?? stateKey(binding.resource_path, binding.backfill),
    })),
  }
}

function validateBinding({ collection, resource_config, backfill }: ValidateBinding): JsonObject {
  const { name, key, schema } = collection
  return {
    collection: { name, key, writeSchema: schema, readSchema: schema, partitionFields: [], projections: [] },
    resourceConfig: resource_config,
    backfill: backfill ?? 0,
  }
}
