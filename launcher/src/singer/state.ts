// A tap's state is opaque, and the last one wins. It is kept with the state keys of the bindings that it speaks of, so
// that the bookmark of a stream that is to be read anew can be dropped.
import { isJsonObject, type JsonObject, type JsonValue } from '@sluice/connector-specs'
import { type CaptureBinding, stateKey } from '../protocol/requests.ts'
import type { CatalogEntry } from './catalog.ts'

export interface SingerState {
  /** Numbers a document of a binding. */
  nextRow(binding: number): number
  take(value: JsonValue): void
  /** All of it, as it is kept. */
  current(): JsonObject
  /** What `--state` is given; null when there is none. */
  file(): JsonObject | null
}

/** @param kept the state that the last checkpoint left */
export function singerState(
  kept: JsonObject,
  bindings: readonly CaptureBinding[],
  entries: readonly CatalogEntry[],
): SingerState {
  const keys = bindings.map(({ state_key, resource_path, backfill }) => state_key ?? stateKey(resource_path, backfill))
  const streams = isJsonObject(kept.streams) ? kept.streams : {}
  const known = entries.map(({ tap_stream_id }) => streams[tap_stream_id])
  const same = known.map((stream, index) => isJsonObject(stream) && stream.key === keys[index])
  const rows = known.map((stream, index) =>
    same[index] && isJsonObject(stream) && typeof stream.rows === 'number' ? stream.rows : 0,
  )
  const anew = entries.filter((_, index) => known[index] !== undefined && !same[index])
  let value: JsonValue = withoutBookmarks(kept.value ?? null, anew)

  return {
    nextRow(binding) {
      const row = rows[binding] ?? 0
      rows[binding] = row + 1
      return row
    },
    take(next) {
      value = next
    },
    current() {
      const states = entries.map(({ tap_stream_id }, index) => [tap_stream_id, { key: keys[index], rows: rows[index] }])
      return { streams: Object.fromEntries(states), value }
    },
    file: () => (isJsonObject(value) && Object.keys(value).length > 0 ? value : null),
  }
}

function withoutBookmarks(value: JsonValue, entries: readonly CatalogEntry[]): JsonValue {
  if (!isJsonObject(value) || !isJsonObject(value.bookmarks)) return value
  const gone = new Set(entries.map(({ tap_stream_id }) => tap_stream_id))
  const bookmarks = Object.entries(value.bookmarks).filter(([stream]) => !gone.has(stream))
  return { ...value, bookmarks: Object.fromEntries(bookmarks) }
}
