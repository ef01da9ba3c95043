import { OAuthError } from '../errors.ts'
import type { Slot } from './sentinels.ts'

/** The value after `times` applications of `encodeURIComponent`. */
export function urlencoded(slot: Slot, times: number): string {
  let text = slot.text
  if (!text.isWellFormed()) throw refuse(slot, 'it is not well-formed Unicode')
  for (let time = 0; time < times; time += 1) text = encodeURIComponent(text)
  return text
}

/**
 * Encodes a value for a place whose own encoding is percent-encoding. The outermost `urlencode` of the template is that
 * encoding; without one, a value whose characters are all in `plain` is already its own encoding.
 */
export function percentEncoded(slot: Slot, plain: RegExp): string {
  if (slot.urlencode > 0) return urlencoded(slot, slot.urlencode)
  return plain.test(slot.text) ? slot.text : urlencoded(slot, 1)
}

/** What a reader of that place gets back: the value, still encoded by all but the outermost `urlencode`. */
export function percentDecoded(slot: Slot): string {
  return urlencoded(slot, Math.max(0, slot.urlencode - 1))
}

/** A value that does not fit its place. Never shows the value. */
export function refuse(slot: Pick<Slot, 'field'>, reason: string): OAuthError {
  return new OAuthError('refused_value', `The value of ${slot.field} cannot be used: ${reason}.`, { field: slot.field })
}
