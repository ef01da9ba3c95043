import mustache from 'mustache'
import { OAuthError } from '../errors.ts'
import { placeBasic } from './place-basic.ts'
import { type Slot, withSentinels } from './sentinels.ts'
import type { Token } from './template.ts'

/** Nested sections over lists multiply; a spec and a config together must not keep us busy. */
const MAX_SECTIONS = 10_000
const MAX_CHARACTERS = 1_000_000

/** Mustache's Writer, which puts what `place` gives into the text instead of each value, and knows Flow's lambdas. */
export class TemplateWriter extends mustache.Writer {
  readonly #options: { now: Date; required: boolean }
  readonly #place: (slot: Slot) => string
  readonly #work: { sections: number; characters: number }
  readonly #sections: string[] = []
  #urlencode = 0

  constructor(
    options: { now: Date; required: boolean },
    place: (slot: Slot) => string,
    work = { sections: 0, characters: 0 },
  ) {
    super()
    this.#options = options
    this.#place = place
    this.#work = work
  }

  write(tokens: Token[], context: mustache.Context): string {
    // The published types call tokens `string[][]`; mustache.js itself makes them as `Token` says.
    return this.renderTokens(tokens as unknown as string[][], context)
  }

  override renderTokens(tokens: string[][], context: mustache.Context): string {
    this.#work.sections += 1
    const text = super.renderTokens(tokens, context)
    this.#work.characters += text.length
    if (this.#work.sections > MAX_SECTIONS || this.#work.characters > MAX_CHARACTERS) {
      throw new OAuthError('invalid_template', 'The template repeats its sections too often.')
    }
    return text
  }

  override escapedValue(token: string[], context: mustache.Context): string {
    return this.unescapedValue(token, context)
  }

  override unescapedValue(token: string[], context: mustache.Context): string {
    const name = token[1] ?? ''
    const field = name === '.' ? (this.#sections.at(-1) ?? name) : name
    const value: unknown = context.lookup(name)
    const text = textOf(field, value, this.#options.required)
    return this.#place({ field, value, text, urlencode: this.#urlencode })
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
    return placeBasic(
      withSentinels((place) => new TemplateWriter(this.#options, place, this.#work).write(tokens, context)),
    )
  }

  #nowPlus(tokens: Token[], context: mustache.Context): string {
    const fields: string[] = []
    const read = (slot: Slot) => {
      fields.push(slot.field)
      return slot.text
    }
    const seconds = new TemplateWriter(this.#options, read, this.#work).write(tokens, context).trim()
    const until = new Date(this.#options.now.getTime() + Math.trunc(Number(seconds)) * 1000)
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
export function textOf(field: string, value: unknown, required: boolean): string {
  const text = printed(field, value)
  if (text !== '' || !required) return text
  throw new OAuthError('refused_value', `${field} has no value, and the request cannot do without it.`, { field })
}

function printed(field: string, value: unknown): string {
  if (value === undefined || value === null) return ''
  const parts = Array.isArray(value) ? value : [value]
  if (parts.some((part) => typeof part === 'object' && part !== null)) {
    throw new OAuthError('refused_value', `${field} is an object; only text, numbers and booleans can be sent.`, {
      field,
    })
  }
  return String(value)
}
