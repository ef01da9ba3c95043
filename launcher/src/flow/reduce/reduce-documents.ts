// Reduces documents of one key as Flow does: https://docs.estuary.dev/reference/reduction-strategies/
import { escapeToken, isJsonObject, type JsonObject, type JsonValue } from '@sluice/connector-specs'
import { ConnectorError } from '../../connector-error.ts'
import { compareByKey, compareValues } from './compare-values.ts'
import { joinSorted } from './join-sorted.ts'
import { reduceSets } from './reduce-sets.ts'
import { type Reducing, ReductionFault } from './reduction-fault.ts'
import type { ReductionPlan } from './reduction-plan.ts'

/**
 * The earlier document with the later one reduced into it. Neither is changed.
 *
 * @param full whether the earlier one is whole: then what only says how to change it is left out
 * @throws ConnectorError `unsuitable` naming collection and place; values are never told
 */
export function reduceDocuments(
  { collection, plan }: { collection: string; plan: ReductionPlan },
  earlier: JsonObject,
  later: JsonObject,
  full: boolean,
): JsonObject {
  try {
    const reduced = reduceValues(plan, earlier, later, { pointer: '', full })
    if (isJsonObject(reduced)) return reduced
    throw new ReductionFault('', 'what comes of it is no object')
  } catch (error) {
    if (!(error instanceof ReductionFault)) throw error
    const place = error.pointer === '' ? 'the document' : error.pointer
    const what = `Documents of the collection ${collection} cannot be reduced, because at ${place} ${error.message}.`
    throw new ConnectorError('unsuitable', `${what} Mend the schema’s \`reduce\` annotations, or the documents.`)
  }
}

function reduceValues(plan: ReductionPlan, left: JsonValue, right: JsonValue, at: Reducing): JsonValue {
  const here = plan.resolve(right)
  const { name, key } = here.strategy
  switch (name) {
    case 'firstWriteWins':
      return left
    case 'lastWriteWins':
      return right
    case 'append':
      if (left === null && Array.isArray(right)) return null
      if (Array.isArray(left) && Array.isArray(right)) return [...left, ...right]
      throw new ReductionFault(at.pointer, '`append` takes arrays')
    case 'sum':
      return sum(left, right, at)
    case 'minimize':
      return chosen(here, left, right, at, order(key, left, right))
    case 'maximize':
      return chosen(here, left, right, at, -order(key, left, right))
    case 'merge':
      return merge(here, left, right, key, at)
    case 'set':
      return reduceSets(here, left, right, at, reduceValues)
  }
}

function order(key: readonly string[], left: JsonValue, right: JsonValue): number {
  return key.length > 0 ? compareByKey(key, left, right) : compareValues(left, right)
}

function chosen(plan: ReductionPlan, left: JsonValue, right: JsonValue, at: Reducing, comes: number): JsonValue {
  if (comes === 0 && plan.strategy.key.length > 0) return merge(plan, left, right, [], at)
  return comes < 0 ? left : right
}

function sum(left: JsonValue, right: JsonValue, { pointer }: Reducing): number {
  if (typeof left !== 'number' || typeof right !== 'number') throw new ReductionFault(pointer, '`sum` takes numbers')
  const total = left + right
  const isExact = !Number.isInteger(left) || !Number.isInteger(right) || Number.isSafeInteger(total)
  if (isExact && Number.isFinite(total)) return total
  throw new ReductionFault(pointer, '`sum` comes to a number that is too large to be told exactly')
}

function merge(
  plan: ReductionPlan,
  left: JsonValue,
  right: JsonValue,
  key: readonly string[],
  at: Reducing,
): JsonValue {
  if (isJsonObject(left) && isJsonObject(right)) return mergeObjects(plan, left, right, at)
  if (Array.isArray(left) && Array.isArray(right)) return mergeArrays(plan, left, right, key, at)
  if (left === null && typeof right === 'object' && right !== null) return null
  throw new ReductionFault(at.pointer, '`merge` takes two objects or two arrays')
}

function mergeObjects(
  plan: ReductionPlan,
  left: JsonObject,
  right: JsonObject,
  { pointer, full }: Reducing,
): JsonObject {
  const merged = new Map<string, JsonValue>(Object.entries(left).map(([name, value]) => [name, value ?? null]))
  for (const [name, value = null] of Object.entries(right)) {
    const inner = plan.property(name)
    const before = merged.get(name)
    const at = { pointer: `${pointer}/${escapeToken(name)}`, full }
    merged.set(name, before === undefined ? value : reduceValues(inner, before, value, at))
    if (full && inner.resolve(value).strategy.deletes) merged.delete(name)
  }
  return Object.fromEntries(merged)
}

/** Item by item; with a key, both are sorted by it and items of one key are reduced. */
function mergeArrays(
  plan: ReductionPlan,
  left: JsonValue[],
  right: JsonValue[],
  key: readonly string[],
  { pointer, full }: Reducing,
): JsonValue[] {
  const both = (before: JsonValue, value: JsonValue, index: number) =>
    reduceValues(plan.item(index), before, value, { pointer: `${pointer}/${index}`, full })
  if (key.length === 0) {
    return Array.from({ length: Math.max(left.length, right.length) }, (_, index) => {
      const [before, value] = [left[index], right[index]]
      return before === undefined || value === undefined ? (before ?? value ?? null) : both(before, value, index)
    })
  }
  return joinSorted(left, right, (one, other) => compareByKey(key, one, other)).map(
    ({ left: before, right: value, index }) =>
      before === undefined || value === undefined ? (before ?? value ?? null) : both(before, value, index),
  )
}
