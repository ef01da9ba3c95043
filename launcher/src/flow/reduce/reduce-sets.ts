// Flow's sets: objects of `add`, `intersect` and `remove`, each a sorted array of items or an object by their names.
import { escapeToken, isJsonObject, type JsonObject, type JsonValue } from '@sluice/connector-specs'
import { compareByKey, compareTexts } from './compare-values.ts'
import { joinSorted } from './join-sorted.ts'
import { type Reducing, ReductionFault } from './reduction-fault.ts'
import type { ReductionPlan } from './reduction-plan.ts'

type Term = 'add' | 'intersect' | 'remove'

/** One item of a term: by its name in an object, by its place in an array. */
interface Member {
  name: string | number
  value: JsonValue
}

/** How the values of one member are reduced. */
type ReduceValues = (plan: ReductionPlan, left: JsonValue, right: JsonValue, at: Reducing) => JsonValue

type Side = Partial<Record<Term, Member[]>>

/** The left set with the changes of the right one. A full reduction leaves out what is no addition. */
export function reduceSets(
  plan: ReductionPlan,
  left: JsonValue,
  right: JsonValue,
  at: Reducing,
  reduceValues: ReduceValues,
): JsonValue {
  const kinds = new Set<'array' | 'object'>()
  const [before, change] = [readSide(left, at, kinds), readSide(right, at, kinds)]
  if (kinds.size > 1) throw mistyped(at)
  const isArray = !kinds.has('object')
  const { key } = plan.strategy
  const compare = (one: Member, other: Member) =>
    isArray ? compareByKey(key, one.value, other.value) : compareTexts(String(one.name), String(other.name))
  const without = (members: Member[], others: Member[] = []) =>
    joinSorted(members, others, compare).flatMap(({ left, right }) => (left && !right ? [left] : []))
  const reduceIn = (term: Term) => {
    const terms = plan.property(term)
    return (one: Member, { name, value }: Member): Member => {
      const inner = typeof name === 'number' ? terms.item(name) : terms.property(name)
      const pointer = `${at.pointer}/${term}/${escapeToken(String(name))}`
      return { name: one.name, value: reduceValues(inner, one.value, value, { ...at, pointer }) }
    }
  }
  const within = (term: Term, members: Member[], others: Member[] = []) =>
    joinSorted(members, others, compare).flatMap(({ left, right }) =>
      left && right ? [reduceIn(term)(left, right)] : [],
    )
  const union = (term: Term, members: Member[], others: Member[] = []) =>
    joinSorted(members, others, compare).flatMap(({ left, right }) =>
      left && right ? [reduceIn(term)(left, right)] : [left ?? right].filter((member) => member !== undefined),
    )

  const result: Side = {}
  if (before.add || change.add) {
    const kept = change.intersect
      ? joinSorted(before.add ?? [], change.intersect, compare).flatMap(({ left, right }) =>
          left && right ? [left] : [],
        )
      : without(before.add ?? [], change.remove)
    result.add = union('add', kept, change.add)
  }
  if (!at.full) {
    if (before.intersect && change.intersect) result.intersect = within('intersect', before.intersect, change.intersect)
    else if (before.intersect) result.intersect = without(before.intersect, change.remove)
    else if (change.intersect) result.intersect = without(change.intersect, before.remove)
    else if (before.remove || change.remove) result.remove = union('remove', before.remove ?? [], change.remove)
  }
  return Object.fromEntries(Object.entries(result).map(([term, members]) => [term, writeTerm(members, isArray)]))
}

function readSide(value: JsonValue, at: Reducing, kinds: Set<'array' | 'object'>): Side {
  if (!isJsonObject(value)) throw mistyped(at)
  const side: Side = {}
  for (const [term, members = null] of Object.entries(value)) {
    if (term !== 'add' && term !== 'intersect' && term !== 'remove') throw mistyped(at)
    kinds.add(Array.isArray(members) ? 'array' : 'object')
    side[term] = readTerm(members, at)
  }
  if (side.intersect && side.remove) throw mistyped(at)
  return side
}

function readTerm(members: JsonValue, at: Reducing): Member[] {
  if (Array.isArray(members)) return members.map((value, name) => ({ name, value }))
  if (!isJsonObject(members)) throw mistyped(at)
  const sorted = Object.entries(members).sort(([one], [other]) => compareTexts(one, other))
  return sorted.map(([name, value]) => ({ name, value: value ?? null }))
}

function writeTerm(members: Member[], isArray: boolean): JsonValue {
  if (isArray) return members.map(({ value }) => value)
  return Object.fromEntries(members.map(({ name, value }): [string, JsonValue] => [String(name), value])) as JsonObject
}

function mistyped({ pointer }: Reducing): ReductionFault {
  return new ReductionFault(
    pointer,
    '`set` takes objects of `add` with `intersect` or `remove`, which are all arrays or all objects',
  )
}
