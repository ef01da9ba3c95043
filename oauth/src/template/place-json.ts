import { OAuthError } from '../errors.ts'
import { isJsonObject, type JsonValue } from '../json.ts'
import { refuse, urlencoded } from './encode-slot.ts'
import { onceFor, type Rendered, type Slot } from './sentinels.ts'

/**
 * Puts values into a JSON body (RFC 8259). Inside quotes a value is escaped as string content. Outside it becomes a JSON
 * value of its own: numbers, booleans and arrays keep their type, text that is no scalar literal is quoted.
 *
 * @throws OAuthError `invalid_template` when the text is not JSON; `refused_value` when a value would change its shape.
 */
export function placeJson(rendered: Rendered): string {
  const layout = layoutOf(rendered)
  if (layout.keeps_shape) {
    return rendered.fill(rendered.text, (slot, at) => (layout.bare_at.has(at) ? bareJson(slot) : stringContent(slot)))
  }
  const bare = bareSlots(rendered)
  const body = rendered.fill(rendered.text, (slot) => (bare.has(slot) ? bareJson(slot) : stringContent(slot)))

  // A bare sentinel is no JSON; in quotes it stands for one whole value.
  const quoteBare = (slot: Slot, _at: number, sentinel: string) => (bare.has(slot) ? `"${sentinel}"` : sentinel)
  const shape = parse(rendered.fill(rendered.text, quoteBare))
  const expected = JSON.stringify(substitute(rendered, bare, shape))
  if (expected !== JSON.stringify(parse(body))) {
    throw new OAuthError('refused_value', 'A value would change the shape of the request body.')
  }
  return body
}

/**
 * The template with its sentinels, parsed: a JSON text whose sentinels stand within strings or for whole values. String
 * content and whole values can then be put in their places without changing anything around them; only member names
 * could still collide, so such templates are parsed again with their values.
 */
const layoutOf = onceFor((rendered) => {
  const bare = bareSlots(rendered)
  const bare_at = new Set<number>()
  const quoted = rendered.fill(rendered.text, (slot, at, sentinel) => {
    if (!bare.has(slot)) return sentinel
    bare_at.add(at)
    return `"${sentinel}"`
  })
  return { bare_at, keeps_shape: !hasNamedSlots(rendered, parse(quoted)) }
})

function hasNamedSlots(rendered: Rendered, value: JsonValue): boolean {
  if (Array.isArray(value)) return value.some((item) => hasNamedSlots(rendered, item))
  if (!isJsonObject(value)) return false
  return Object.entries(value).some(
    ([name, member]) => rendered.slotsIn(name).length > 0 || hasNamedSlots(rendered, member),
  )
}

/** The slots whose sentinel stands outside of any JSON string. */
export function bareSlots(rendered: Rendered): Set<Slot> {
  const bare = new Set<Slot>()
  let inString = false
  let read = 0
  rendered.fill(rendered.text, (slot, at, sentinel) => {
    for (; read < at; read += 1) {
      const character = rendered.text[read]
      if (character === '"') inString = !inString
      else if (character === '\\' && inString) read += 1
    }
    if (!inString) bare.add(slot)
    return sentinel
  })
  return bare
}

function stringContent(slot: Slot): string {
  return JSON.stringify(urlencoded(slot, slot.urlencode)).slice(1, -1)
}

function bareJson(slot: Slot): string {
  if (slot.value === undefined || slot.value === null) throw refuse(slot, 'it is missing')
  if (typeof slot.value !== 'string') return JSON.stringify(slot.value)
  const text = urlencoded(slot, slot.urlencode)
  return /^(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)$/.test(text) ? text : JSON.stringify(text)
}

/** The value that the body must have: the parsed template with each sentinel replaced by its value. */
function substitute(rendered: Rendered, bare: Set<Slot>, value: JsonValue): JsonValue {
  const fill = (text: string) => rendered.fill(text, (slot) => urlencoded(slot, slot.urlencode))
  if (typeof value === 'string') {
    const slot = rendered.slotsIn(value)[0]
    return slot !== undefined && bare.has(slot) ? (JSON.parse(bareJson(slot)) as JsonValue) : fill(value)
  }
  if (Array.isArray(value)) return value.map((item) => substitute(rendered, bare, item))
  if (!isJsonObject(value)) return value
  const members = Object.entries(value).map(([name, member]) => {
    const slot = rendered.slotsIn(name)[0]
    const filled = fill(name)
    if (slot !== undefined && Object.hasOwn(value, filled)) throw refuse(slot, 'it would repeat a field of the request')
    return [filled, substitute(rendered, bare, member)]
  })
  return Object.fromEntries(members) as JsonValue
}

function parse(text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue
  } catch {
    throw new OAuthError(
      'invalid_template',
      'The request body is sent as JSON but its template is not JSON. Declare another content-type or mend the template.',
    )
  }
}
