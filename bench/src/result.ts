import { meetsAim } from './aim.ts'

/** What a group of benchmarks measured. */
export interface Measurement {
  /** `group.name` */
  id: string
  value: number
  unit: string
  /** Id of the row that this one is to be seen against. */
  reference?: string
  /** What we want to be true, such as `value <= 60` or `ratio >= 0.8`. */
  aim?: string
}

/** A row of `results.json`. */
export interface Result {
  id: string
  value: number
  unit: string
  reference: string | null
  /** `value` divided by the value of the reference's row, or null when there is none. */
  ratio: number | null
  aim: string | null
  /** Null without an aim, and while a ratio is aimed at that is not known. */
  holds: boolean | null
}

/**
 * Joins new measurements with the rows of earlier runs, ordered by id. A reference is looked up among the new
 * measurements first, because only those were made under the same conditions.
 */
export function mergeResults(earlier: readonly Result[], measured: readonly Measurement[]): Result[] {
  const values = new Map([...earlier, ...measured].map(({ id, value }) => [id, value]))
  const rows = new Map(earlier.map((result) => [result.id, result]))
  for (const measurement of measured) {
    const { id, value, unit, reference = null, aim = null } = measurement
    const referenceValue = reference === null ? undefined : values.get(reference)
    const ratio = referenceValue === undefined || referenceValue === 0 ? null : roundTo(value / referenceValue, 3)
    rows.set(id, { id, value, unit, reference, ratio, aim, holds: meetsAim(aim, { value, ratio }) })
  }
  return [...rows.values()].sort((a, b) => (a.id < b.id ? -1 : 1))
}

export function roundTo(value: number, digits: number): number {
  return Number(value.toFixed(digits))
}

/** The middle one of an odd number of values, else the mean of the middle two. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.slice(Math.ceil(sorted.length / 2) - 1, Math.floor(sorted.length / 2) + 1)
  if (middle.length === 0) throw new RangeError('There is no median of nothing.')
  return middle.reduce((sum, value) => sum + value, 0) / middle.length
}
