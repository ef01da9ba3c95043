// The order that Flow gives JSON values: by kind, then by value; objects and arrays part by part.
import { isJsonObject, type JsonObject, type JsonValue, readPointer } from '@sluice/connector-specs'

/** Negative, 0 or positive, as the left one is before, beside or after the right one. */
export function compareValues(left: JsonValue, right: JsonValue): number {
  if (typeof left === 'number' && typeof right === 'number') return left - right
  if (typeof left === 'string' && typeof right === 'string') return compareTexts(left, right)
  if (Array.isArray(left) && Array.isArray(right)) {
    return firstDifference(left.length, right.length, (index) =>
      compareValues(left[index] ?? null, right[index] ?? null),
    )
  }
  if (isJsonObject(left) && isJsonObject(right)) return compareObjects(left, right)
  const byKind = kindOf(left) - kindOf(right)
  return byKind !== 0 ? byKind : Number(left) - Number(right)
}

/** By the values at these pointers; where there is none is before every value. */
export function compareByKey(key: readonly string[], left: JsonValue, right: JsonValue): number {
  for (const pointer of key) {
    const [one, other] = [readPointer(left, pointer), readPointer(right, pointer)]
    const order =
      one === undefined || other === undefined
        ? Number(one !== undefined) - Number(other !== undefined)
        : compareValues(one, other)
    if (order !== 0) return order
  }
  return 0
}

/** By their bytes in UTF-8. */
export function compareTexts(left: string, right: string): number {
  return left === right ? 0 : Buffer.compare(Buffer.from(left), Buffer.from(right))
}

function compareObjects(left: JsonObject, right: JsonObject): number {
  const [names, others] = [Object.keys(left).sort(compareTexts), Object.keys(right).sort(compareTexts)]
  return firstDifference(names.length, others.length, (index) => {
    const [name = '', other = ''] = [names[index], others[index]]
    return compareTexts(name, other) || compareValues(left[name] ?? null, right[other] ?? null)
  })
}

/** The shorter one is before the one that it begins. */
function firstDifference(length: number, other: number, compare: (index: number) => number): number {
  for (let index = 0; index < Math.min(length, other); index += 1) {
    const order = compare(index)
    if (order !== 0) return order
  }
  return length - other
}

function kindOf(value: JsonValue): number {
  if (value === null) return 0
  if (Array.isArray(value)) return 4
  return { boolean: 1, number: 2, string: 3, object: 5 }[typeof value as 'boolean' | 'number' | 'string' | 'object']
}
