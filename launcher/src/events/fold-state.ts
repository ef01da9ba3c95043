import { isJsonObject, type JsonObject } from '@sluice/connector-specs'
import type { StateUpdate } from './run-event.ts'

/** The state after a checkpoint: replaced, or merged by RFC 7396. Neither argument is changed. */
export function foldState(state: JsonObject, { updated, merge_patch }: StateUpdate): JsonObject {
  return merge_patch ? mergePatch(state, updated) : updated
}

/** RFC 7396: objects are merged, null removes, all else replaces. */
function mergePatch(target: JsonObject, patch: JsonObject): JsonObject {
  const merged = new Map(Object.entries(target))
  for (const [key, value] of Object.entries(patch)) {
    const old = merged.get(key)
    if (value === null) merged.delete(key)
    else if (isJsonObject(value)) merged.set(key, mergePatch(isJsonObject(old) ? old : {}, value))
    else merged.set(key, value)
  }
  return Object.fromEntries(merged)
}
