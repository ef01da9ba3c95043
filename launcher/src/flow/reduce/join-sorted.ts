/** An item of either side, or one of each that are beside each other in the order. */
export interface Joined<T> {
  left: T | undefined
  right: T | undefined
  /** Where the right one stands. */
  index: number
}

/** Joins two sorted lists in their order. */
export function joinSorted<T>(
  left: readonly T[],
  right: readonly T[],
  compare: (one: T, other: T) => number,
): Joined<T>[] {
  const joined: Joined<T>[] = []
  let at = 0
  for (let index = 0; index < right.length || at < left.length; ) {
    const [one, other] = [left[at], right[index]]
    const order = at >= left.length ? 1 : index >= right.length ? -1 : compare(one as T, other as T)
    joined.push({ left: order <= 0 ? one : undefined, right: order >= 0 ? other : undefined, index })
    if (order <= 0) at += 1
    if (order >= 0) index += 1
  }
  return joined
}
