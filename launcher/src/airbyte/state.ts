// Airbyte's three kinds of state in the one that a capture keeps: `bindingStateV1` by state key for streams, with the
// number of the last row, and beside it what is not of one stream.
import { isJsonObject, type JsonObject } from '@sluice/connector-specs'
import { OutputFault } from '../output-fault.ts'
import { type CaptureBinding, stateKey } from '../protocol/requests.ts'
import type { AirbyteStateMessage } from './messages.ts'
import type { AirbyteResource } from './resource.ts'

export interface AirbyteState {
  /** Numbers a document of a binding. */
  nextRow(binding: number): number
  /** Takes a STATE message. @throws OutputFault when it has no body of its type */
  take(message: AirbyteStateMessage): void
  /** All of it, as it is kept. */
  current(): JsonObject
  /** What `--state` is given: an array of messages, one object for legacy state, null when there is none. */
  file(): JsonObject | JsonObject[] | null
}

/** @param kept the state that the last checkpoint left */
export function airbyteState(
  kept: JsonObject,
  bindings: readonly CaptureBinding[],
  resources: readonly AirbyteResource[],
): AirbyteState {
  const keys = bindings.map(({ state_key, resource_path, backfill }) => state_key ?? stateKey(resource_path, backfill))
  const old = isJsonObject(kept.bindingStateV1) ? kept.bindingStateV1 : {}
  const streams = keys.map((key) => (isJsonObject(old[key]) ? old[key] : {}))
  const rows = streams.map(({ rowId }) => (typeof rowId === 'number' ? rowId : 0))
  const states = streams.map(({ state }) => (isJsonObject(state) ? state : null))
  let shared = isJsonObject(kept.global) ? kept.global : null
  let legacy = isJsonObject(kept.legacy) ? kept.legacy : null

  const place = ({ name, namespace }: { name: string; namespace?: string | null | undefined }) =>
    resources.findIndex((resource) => resource.stream === name && (resource.namespace ?? '') === (namespace ?? ''))

  return {
    nextRow(binding) {
      const row = rows[binding] ?? 0
      rows[binding] = row + 1
      return row
    },
    take({ type, stream, global, data }) {
      if (type === 'STREAM' && stream) {
        const index = place(stream.stream_descriptor)
        // A connector may keep track of streams that were not asked for; nothing of theirs is kept.
        if (index !== -1) states[index] = stream.stream_state ?? null
      } else if (type === 'GLOBAL' && global) {
        shared = global as JsonObject // as it came: JSON
      } else if ((type ?? 'LEGACY') === 'LEGACY') {
        legacy = data ?? null
      } else {
        throw new OutputFault(`printed a STATE message of type ${type} without its body. Mend it.`)
      }
    },
    current() {
      const entries = keys.map((key, index) => [key, { rowId: rows[index] ?? 0, ...present('state', states[index]) }])
      return { bindingStateV1: Object.fromEntries(entries), ...present('global', shared), ...present('legacy', legacy) }
    },
    file() {
      if (shared) return [{ type: 'GLOBAL', global: shared }]
      const messages = resources.flatMap(({ stream, namespace }, index) => {
        const stream_state = states[index]
        const stream_descriptor = { name: stream, ...(namespace && { namespace }) }
        return stream_state ? [{ type: 'STREAM', stream: { stream_descriptor, stream_state } }] : []
      })
      return messages.length > 0 ? messages : legacy
    },
  }
}

function present(key: string, value: JsonObject | null | undefined): JsonObject {
  return value ? { [key]: value } : {}
}
