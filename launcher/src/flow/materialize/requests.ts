// Requests of Flow's materialization protocol as JSON objects with one key each (public protocol: materialize.proto).
import type { JsonObject } from '@sluice/connector-specs'
import { type Collection, stateKey, type ValidateBinding, type ValidateRequest } from '../../protocol/requests.ts'
import { type Projection, projectionsOf } from './projections.ts'

const CONNECTOR_TYPE = 'LOCAL'
const WHOLE_RANGE = { keyBegin: 0, keyEnd: 0xffffffff, rClockBegin: 0, rClockEnd: 0xffffffff }

/** Which of a collection's fields a destination gets, and how. */
export interface FieldSelection {
  keys: Projection[]
  values: Projection[]
  /** Whether it gets the document itself. */
  document: Projection | null
  /** What the binding says besides of fields that it requires. */
  field_config: JsonObject
}

/** A binding as the destination validated it. */
export interface SelectedBinding extends ValidateBinding {
  resource_path: string[]
  delta_updates: boolean
  selection: FieldSelection
  /** How long texts, objects and arrays may be; null when the destination did not say. */
  ser_policy: JsonObject | null
}

/** What is materialized, by whom. */
export interface Materialization {
  name: string
  config: JsonObject
  bindings: SelectedBinding[]
  /** Names this set of bindings and fields. */
  version: string
}

export function validateRequest({ name, config, bindings }: ValidateRequest): JsonObject {
  const validated = bindings.map(({ collection, resource_config, backfill, fields }) => ({
    resourceConfig: resource_config,
    collection: collectionSpec(collection, projectionsOf(collection)),
    fieldConfig: fields?.require ?? {},
    backfill: backfill ?? 0,
    groupBy: projectionsOf(collection).flatMap(({ is_key, field }) => (is_key ? [field] : [])),
  }))
  return { validate: { name, connectorType: CONNECTOR_TYPE, config, bindings: validated } }
}

export function applyRequest(task: Materialization, state: JsonObject): JsonObject {
  return { apply: { materialization: specOf(task), version: task.version, state } }
}

export function openRequest(task: Materialization, state: JsonObject): JsonObject {
  return { open: { materialization: specOf(task), version: task.version, range: WHOLE_RANGE, state } }
}

export function startCommitRequest(runtimeCheckpoint: JsonObject): JsonObject {
  return { startCommit: { runtimeCheckpoint } }
}

export const FLUSH: JsonObject = { flush: {} }
export const ACKNOWLEDGE: JsonObject = { acknowledge: {} }

function specOf({ name, config, bindings }: Materialization): JsonObject {
  return {
    name,
    connectorType: CONNECTOR_TYPE,
    config,
    bindings: bindings.map(bindingSpec),
    shardTemplate: { id: `materialize/${name}`, maxTxnDuration: '300s' },
    recoveryLogTemplate: journal(`recovery/materialize/${name}`),
  }
}

function bindingSpec(binding: SelectedBinding): JsonObject {
  const { collection, resource_config, resource_path, delta_updates, selection, ser_policy, backfill } = binding
  const { keys, values, document, field_config } = selection
  return {
    resourceConfig: resource_config,
    resourcePath: resource_path,
    collection: collectionSpec(collection, projectionsOf(collection)),
    fieldSelection: {
      keys: keys.map(({ field }) => field),
      values: values.map(({ field }) => field),
      ...(document && { document: document.field }),
      fieldConfig: field_config,
    },
    deltaUpdates: delta_updates,
    backfill: backfill ?? 0,
    stateKey: stateKey(resource_path, backfill),
    ...(ser_policy && { serPolicy: ser_policy }),
  }
}

function collectionSpec({ name, key, schema }: Collection, projections: Projection[]): JsonObject {
  return {
    name,
    key,
    writeSchema: schema,
    readSchema: schema,
    partitionFields: [],
    projections: projections.map(({ pointer, field, is_key, inference }) => ({
      ptr: pointer,
      field,
      ...(is_key && { isPrimaryKey: true }),
      inference,
    })),
    partitionTemplate: journal(name),
  }
}

/** Connectors on Flow's Go library refuse a task without places where Flow would keep its data. There are none here. */
function journal(name: string): JsonObject {
  return {
    name,
    replication: 1,
    fragment: { length: '1048576', compressionCodec: 'NONE', refreshInterval: '300s' },
  }
}
