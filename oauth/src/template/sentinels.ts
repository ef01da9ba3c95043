// Design, section 3: values are never spliced into text. Rendering leaves a sentinel in the place of each value; the
// place-*.ts files parse the text by its grammar, see where the sentinels landed, and put the values in.

import { randomBytes } from 'node:crypto'
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
  /** Replaces each sentinel in `part` by what `put` gives for its slot; `at` is where it starts. */
  fill(part: string, put: (slot: Slot, at: number, sentinel: string) => string): string
  /** The slots whose sentinels occur in `part`, in order. */
  slotsIn(part: string): Slot[]
}

/**
 * Runs `render`, which asks for a sentinel in the place of each value. Sentinels are lower-case letters and digits, which
 * no grammar reads as syntax and no encoding changes, and cannot be guessed, so no value contains one.
 */
export function withSentinels(render: (place: (slot: Slot) => string) => string): Rendered {
  const slots: Slot[] = []
  const mark = `x${randomBytes(16).toString('hex')}`
  const text = render((slot) => `${mark}${(slots.push(slot) - 1).toString(16).padStart(4, '0')}`)

  const sentinel = new RegExp(`${mark}([0-9a-f]{4})`, 'g')
  // Only our own sentinels match, so each index is one that `push` gave out.
  const slotAt = (index: string | undefined) => slots[Number.parseInt(index ?? '', 16)] as Slot
  if (slots.length > 0xffff) throw new OAuthError('invalid_template', 'The template places more than 65535 values.')
  return {
    text,
    fill: (part, put) => part.replace(sentinel, (match, index: string, at: number) => put(slotAt(index), at, match)),
    slotsIn: (part) => Array.from(part.matchAll(sentinel), ([, index]) => slotAt(index)),
  }
}
