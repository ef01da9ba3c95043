// Documents as materializations are given them: their keys and fields as JSON, and as tuples in base64 besides.
import { isJsonObject, type JsonObject, type JsonValue, readPointer } from '@sluice/connector-specs'
import { packTuple } from './pack-tuple.ts'
import type { Projection } from './projections.ts'
import type { SelectedBinding } from './requests.ts'

/** Tells one key of a binding from another, in the order of the keys. */
export function packedKey({ selection }: SelectedBinding, document: JsonObject): Buffer {
  return packTuple(valuesOf(document, selection.keys))
}

export function loadRequest(index: number, { selection }: SelectedBinding, document: JsonObject): JsonObject {
  return { load: { binding: index, ...keyOf(document, selection.keys) } }
}

/** @param exists whether the destination has a document of this key */
export function storeRequest(
  index: number,
  { selection, ser_policy }: SelectedBinding,
  document: JsonObject,
  { exists, deleted = false }: { exists: boolean; deleted?: boolean },
): JsonObject {
  const shortened = ser_policy ? shortenDocument(document, ser_policy) : document
  const values = valuesOf(shortened, selection.values)
  return {
    store: {
      binding: index,
      ...keyOf(document, selection.keys),
      values,
      valuesPacked: packTuple(values).toString('base64'),
      ...(selection.document && { doc: shortened }),
      exists,
      ...(deleted && { delete: true }),
    },
  }
}

function keyOf(document: JsonObject, keys: readonly Projection[]): JsonObject {
  const key = valuesOf(document, keys)
  return { key, keyPacked: packTuple(key).toString('base64') }
}

function valuesOf(document: JsonObject, fields: readonly Projection[]): JsonValue[] {
  return fields.map(({ pointer, default_value }) => readPointer(document, pointer) ?? default_value)
}

/** The document within the bounds that the destination set: Flow's SerPolicy, in which 0 is no bound. */
function shortenDocument(document: JsonObject, policy: JsonObject): JsonObject {
  const bound = (name: string) => Number(policy[name]) || Number.POSITIVE_INFINITY
  const texts = bound('strTruncateAfter')
  const objects = bound('nestedObjTruncateAfter')
  const arrays = bound('arrayTruncateAfter')
  const shorten = (value: JsonValue): JsonValue => {
    if (typeof value === 'string') return shortenText(value, texts)
    if (Array.isArray(value)) return value.slice(0, arrays).map(shorten)
    if (!isJsonObject(value)) return value
    return Object.fromEntries(entriesOf(value).slice(0, objects))
  }
  const entriesOf = (value: JsonObject) =>
    Object.entries(value)
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(([name, item]) => [name, shorten(item ?? null)] as const)
  return Object.fromEntries(entriesOf(document))
}

/** No more than `bytes` of UTF-8, and whole characters. */
function shortenText(text: string, bytes: number): string {
  if (text.length * 3 <= bytes) return text
  const encoded = Buffer.from(text)
  if (encoded.length <= bytes) return text
  let end = bytes
  while (end > 0 && ((encoded[end] ?? 0) & 0xc0) === 0x80) end -= 1
  return encoded.toString('utf8', 0, end)
}
