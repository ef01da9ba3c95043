// Requests of Flow's capture protocol as JSON objects with one key each (contracts: Flow capture protocol).
import type { JsonObject } from '@sluice/connector-specs'
import { type CaptureRequest, stateKey, type ValidateBinding, type ValidateRequest } from '../protocol/requests.ts'

/** These connectors run as local programs, not in the context of an image. */
const CONNECTOR_TYPE = 'LOCAL'
const WHOLE_RANGE = { keyBegin: 0, keyEnd: 0xffffffff, rClockBegin: 0, rClockEnd: 0xffffffff }
const DEFAULT_INTERVAL_SECONDS = 300

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
