import { escapeToken, isJsonObject, type JsonValue } from '@sluice/connector-specs'

/** JSON pointers of the leaves that are new or other than before, with their values. */
export function* differences(
  before: JsonValue | undefined,
  after: JsonValue,
  at = '',
): Generator<[pointer: string, value: JsonValue]> {
  if (!isJsonObject(after)) {
    if (JSON.stringify(before) !== JSON.stringify(after)) yield [at, after]
    return
  }
  for (const [key, value] of Object.entries(after)) {
    const known = isJsonObject(before) ? before[key] : undefined
    yield* differences(known, value ?? null, `${at}/${escapeToken(key)}`)
  }
}

/** JSON pointers of what is no longer there. */
export function* removals(before: JsonValue | undefined, after: JsonValue | undefined, at = ''): Generator<string> {
  if (!isJsonObject(before) || !isJsonObject(after)) return
  for (const [key, value] of Object.entries(before)) {
    const pointer = `${at}/${escapeToken(key)}`
    if (Object.hasOwn(after, key)) yield* removals(value, after[key], pointer)
    else yield pointer
  }
}
