import { OAuthError } from '../errors.ts'
import { percentDecoded, percentEncoded, refuse } from './encode-slot.ts'
import { onceFor, type Rendered } from './sentinels.ts'

/** Characters that mean themselves in a form or query value, by every parser in use (no `+`, `;`, `=`, `&`, `%`, `#`). */
export const PLAIN_QUERY = /^[A-Za-z0-9\-._~:@/?,!$()*]*$/

/**
 * Puts values into an application/x-www-form-urlencoded body (WHATWG URL §5). Literal text stays as the author wrote it.
 *
 * @throws OAuthError `refused_value` when a value would change the fields of the form.
 */
export function placeForm(rendered: Rendered): string {
  const body = rendered.fill(rendered.text, (slot) => percentEncoded(slot, PLAIN_QUERY))
  if (!bodyIsSafe(rendered).safe) requireSameForm(rendered, rendered.text, body)
  return body
}

const bodyIsSafe = onceFor((rendered) => ({ safe: keepsForm(rendered, rendered.text) }))

/**
 * Whether the fields of a form are the same whatever its values. What `percentEncoded` gives holds only characters that
 * mean themselves and whole escapes, never `&`, `=` or `+`, so it can change a form only by completing half an escape
 * that the author wrote before it. (The URL parser adds the escape of `'`, which is whole too.)
 */
export function keepsForm(rendered: Rendered, written: string): boolean {
  let safe = true
  rendered.fill(written, (_slot, at, sentinel) => {
    if (/%[0-9A-Fa-f]?$/.test(written.slice(0, at))) safe = false
    return sentinel
  })
  return safe
}

/** Requires that `filled` reads as `written` does, with each sentinel replaced by its value. */
export function requireSameForm(rendered: Rendered, written: string, filled: string): void {
  const before = [...new URLSearchParams(written)].flat()
  const after = [...new URLSearchParams(filled)].flat()
  for (const [index, text] of before.entries()) {
    if (rendered.fill(text, percentDecoded) === after[index]) continue
    const slot = rendered.slotsIn(text)[0]
    throw slot === undefined
      ? new OAuthError('invalid_template', 'The template mixes its values with half an encoded character.')
      : refuse(slot, 'it would change the fields of the request')
  }
  if (before.length !== after.length) {
    throw new OAuthError('refused_value', 'A value would add fields to the request.')
  }
}
