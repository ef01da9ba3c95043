// What any connector tells while it runs, whatever its protocol. Each protocol's messages end here.
import type { ConnectorSpec, JsonObject, Secret } from '@sluice/connector-specs'
import type { LogEvent } from '../launch.ts'
import type { DiscoveredBinding } from '../protocol/discovered-binding.ts'

/**
 * Documents and schemas take effect at the next `checkpoint`; those after the last one are not committed. Indices mean
 * the bindings of the request. Texts are redacted and hold no control characters; documents and states are data and
 * pass unchanged.
 */
export type RunEvent =
  | ({ type: 'log' } & LogEvent)
  | { type: 'status'; message: string }
  | { type: 'spec'; spec: ConnectorSpec }
  | { type: 'checked' }
  | { type: 'catalogue'; bindings: DiscoveredBinding[] }
  | { type: 'validated'; bindings: { resource_path: string[] }[] }
  | { type: 'applied'; action_description: string }
  | { type: 'opened' }
  | { type: 'document'; binding: number; document: JsonObject }
  | { type: 'schema'; binding: number; schema: JsonObject }
  /** With `merge_patch`, `updated` is an RFC 7396 patch of the state; else it is the state. `foldState` applies it. */
  | { type: 'checkpoint'; state: StateUpdate }
  /** Earlier documents of this binding that are not of `version` are to be dropped by who stores them. */
  | { type: 'activate_version'; binding: number; version: number }
  | { type: 'progress'; binding: number; status: StreamStatus }
  | ({ type: 'metric' } & Metric)
  /** A config that the connector rotated by itself, as `harvestConfig` lets it be kept. */
  | { type: 'config_update'; config: Secret<JsonObject> }
  | { type: 'done'; reason: DoneReason }

export interface StateUpdate {
  updated: JsonObject
  merge_patch: boolean
}

export type StreamStatus = 'started' | 'running' | 'complete' | 'incomplete'

/** A measurement that the connector made of itself. */
export interface Metric {
  /** As the connector spells it: `record_count`, `http_request_duration`, `row_estimate`. */
  name: string
  kind: 'counter' | 'timer' | 'estimate'
  value: number
  tags: Record<string, string>
}

/** `idle`: a capture with `max_documents` or `stop_after_checkpoint` had nothing more to commit. */
export type DoneReason = 'exited' | 'max_documents' | 'checkpoint' | 'idle'
