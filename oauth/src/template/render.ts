// Design, section 3: values are never spliced into text. Rendering leaves a sentinel in the place of each value; the
// place-*.ts files parse the text by its grammar, see where the sentinels landed, and put the values in.

import { randomBytes } from 'node:crypto'
import mustache from 'mustache'
import { OAuthError } from '../errors.ts'
import { placeBasic } from './place-basic.ts'
import { ScopeContext } from './scope-context.ts'
import type { Scope, Template, Token } from './template.ts'

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

/** Renders with sentinels: lower-case letters and digits, so that they survive every grammar and every encoding. */
export function renderSentinels(template: Template, scope: Scope, now: Date): Rendered {
  return withSentinels((place) => new TemplateWriter(now, place).write(template.tokens, new ScopeContext(scope)))
}

/** Renders with the values themselves, unescaped: for text that is nobody's syntax, such as a response map entry. */
export function renderText(template: Template, scope: Scope, now: Date): string {
  return new TemplateWriter(now, (slot) => slot.text).write(template.tokens, new ScopeContext(scope))
}

function withSentinels(render: (place: (slot: Slot) => string) => string): Rendered {
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

class TemplateWriter extends mustache.Writer {
  readonly #now: Date
  readonly #place: (slot: Slot) => string
  readonly #sections: string[] = []
  #urlencode = 0

  constructor(now: Date, place: (slot: Slot) => string) {
    super()
    this.#now = now
    this.#place = place
  }

  write(tokens: Token[], context: mustache.Context): string {
    // The published types call tokens `string[][]`; mustache.js itself makes them as `Token` says.
    return super.renderTokens(tokens as unknown as string[][], context)
  }

  override escapedValue(token: string[], context: mustache.Context): string {
    return this.unescapedValue(token, context)
  }

  override unescapedValue(token: string[], context: mustache.Context): string {
    const name = token[1] ?? ''
    const field = name === '.' ? (this.#sections.at(-1) ?? name) : name
    const value: unknown = context.lookup(name)
    return this.#place({ field, value, text: textOf(field, value), urlencode: this.#urlencode })
  }

  override renderSection(token: string[], context: mustache.Context): string {
    const [, name, , , children] = token as unknown as Token
    const inner = Array.isArray(children) ? children : []
    if (name === 'urlencode') return this.#renderUrlencode(inner, context)
    if (name === 'basicauth') return this.#placeResult('basicauth', this.#basicauth(inner, context))
    if (name === 'now_plus') return this.#placeResult('now_plus', this.#nowPlus(inner, context))
    this.#sections.push(name)
    const text = super.renderSection(token, context)
    this.#sections.pop()
    return text
  }

  /** Encodes the literal text; sentinels pass unchanged, and their slots remember that they were to be encoded. */
  #renderUrlencode(tokens: Token[], context: mustache.Context): string {
    this.#urlencode += 1
    const text = this.write(tokens, context)
    this.#urlencode -= 1
    return encodeURIComponent(text.toWellFormed())
  }

  #basicauth(tokens: Token[], context: mustache.Context): string {
    return placeBasic(withSentinels((place) => new TemplateWriter(this.#now, place).write(tokens, context)))
  }

  #nowPlus(tokens: Token[], context: mustache.Context): string {
    const fields: string[] = []
    const read = (slot: Slot) => {
      fields.push(slot.field)
      return slot.text
    }
    const seconds = new TemplateWriter(this.#now, read).write(tokens, context).trim()
    const until = new Date(this.#now.getTime() + Math.trunc(Number(seconds)) * 1000)
    if (seconds === '' || !/^[+-]?\d+(\.\d+)?$/.test(seconds) || Number.isNaN(until.getTime())) {
      const field = fields[0] ?? 'now_plus'
      throw new OAuthError('refused_value', `${field} is not a number of seconds, which now_plus needs.`, { field })
    }
    return until.toISOString()
  }

  #placeResult(field: string, text: string): string {
    return this.#place({ field, value: text, text, urlencode: this.#urlencode })
  }
}

/** As Mustache prints a value. Objects would print as "[object Object]", which nobody means. */
function textOf(field: string, value: unknown): string {
  if (value === undefined || value === null) return ''
  const parts = Array.isArray(value) ? value : [value]
  if (parts.some((part) => typeof part === 'object' && part !== null)) {
    throw new OAuthError('refused_value', `${field} is an object; only text, numbers and booleans can be sent.`, {
      field,
    })
  }
  return String(value)
}
