// Design, section 3: values are never spliced into text. Rendering leaves a sentinel in the place of each value; the
// place-*.ts files parse the text by its grammar, see where the sentinels landed, and put the values in.

import { randomUUID } from 'node:crypto'
import { OAuthError } from '../errors.ts'

/** One interpolated value and what the template wants done to it. */
export interface Slot {
  /** The variable, as the template spells it. */
  field: string
  /** The value itself, for places that keep its type; undefined when the scope has none. */
  value: unknown
  /** The value as text; empty when missing. */
  text: string
  /** How many `urlencode` sections enclose it. */
  urlencode: number
}

/** A rendered template with sentinels where values belong. */
export interface Rendered {
  text: string
  /** What stays the same when the template is rendered again with other values; null when sections may change it. */
  skeleton: Skeleton | null
  /** Replaces each sentinel in `part` by what `put` gives for its slot; `at` is where it starts. */
  fill(part: string, put: (slot: Slot, at: number, sentinel: string) => string): string
  /** The slots whose sentinels occur in `part`, in order. */
  slotsIn(part: string): Slot[]
}

/** The fixed text of a template; place-*.ts files keep with it what they learnt by parsing it. */
export interface Skeleton {
  readonly text: string
  readonly mark: string
}

/**
 * What `examine` finds out about a rendered template that does not depend on its values: found once for each skeleton.
 * Failures are found anew each time.
 */
export function onceFor<Found extends object>(examine: (rendered: Rendered) => Found): (rendered: Rendered) => Found {
  const known = new WeakMap<Skeleton, Found>()
  return (rendered) => {
    const { skeleton } = rendered
    if (skeleton === null) return examine(rendered)
    let found = known.get(skeleton)
    if (found === undefined) {
      found = examine(rendered)
      known.set(skeleton, found)
    }
    return found
  }
}

/** Digits of a sentinel's index. */
const INDEX = 4

/**
 * Sentinels are lower-case letters and digits, which no grammar reads as syntax and no encoding changes, and cannot be
 * guessed, so no value contains one. They never leave this package.
 */
export function createMark(): string {
  return `x${randomUUID().replaceAll('-', '')}`
}

export function sentinel(mark: string, index: number): string {
  return mark + index.toString(16).padStart(INDEX, '0')
}

/** Runs `render`, which asks for a sentinel in the place of each value. */
export function withSentinels(render: (place: (slot: Slot) => string) => string): Rendered {
  const slots: Slot[] = []
  const mark = createMark()
  const text = render((slot) => sentinel(mark, slots.push(slot) - 1))
  if (slots.length > 0xffff) throw new OAuthError('invalid_template', 'The template places more than 65535 values.')
  return new SlottedText(text, mark, slots, null)
}

export class SlottedText implements Rendered {
  readonly text: string
  readonly skeleton: Skeleton | null
  readonly #mark: string
  readonly #slots: readonly Slot[]

  constructor(text: string, mark: string, slots: readonly Slot[], skeleton: Skeleton | null) {
    this.text = text
    this.skeleton = skeleton
    this.#mark = mark
    this.#slots = slots
  }

  // Searching is several times as fast as a regular expression that is compiled for one rendering.
  fill(part: string, put: (slot: Slot, at: number, sentinel: string) => string): string {
    const mark = this.#mark
    let at = part.indexOf(mark)
    if (at === -1) return part
    let filled = ''
    let read = 0
    while (at !== -1) {
      const end = at + mark.length + INDEX
      filled += part.slice(read, at) + put(this.#slotBefore(part, end), at, part.slice(at, end))
      read = end
      at = part.indexOf(mark, end)
    }
    return filled + part.slice(read)
  }

  slotsIn(part: string): Slot[] {
    const slots: Slot[] = []
    for (let at = part.indexOf(this.#mark); at !== -1; at = part.indexOf(this.#mark, at + 1)) {
      slots.push(this.#slotBefore(part, at + this.#mark.length + INDEX))
    }
    return slots
  }

  /** Whatever follows a mark is an index that was given out. */
  #slotBefore(part: string, end: number): Slot {
    return this.#slots[Number.parseInt(part.slice(end - INDEX, end), 16)] as Slot
  }
}
