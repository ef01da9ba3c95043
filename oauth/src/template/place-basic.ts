import { urlencoded } from './encode-slot.ts'
import type { Rendered } from './sentinels.ts'

/**
 * HTTP Basic credentials (RFC 7617 §2) in base64. Peers join `client_id:client_secret` as they are, and so do we while
 * that can be read back; a value that could not (a colon in the user-id, a percent sign, control or non-ASCII
 * characters) is form-encoded as RFC 6749 §2.3.1 asks.
 */
export function placeBasic(rendered: Rendered): string {
  const colon = rendered.text.indexOf(':')
  const credentials = rendered.fill(rendered.text, (slot, at) => {
    if (slot.urlencode > 0) return urlencoded(slot, slot.urlencode)
    if (colon === -1) return slot.text
    return at < colon ? basicUserId(slot.text) : basicPassword(slot.text)
  })
  return Buffer.from(credentials, 'utf8').toString('base64')
}

export function basicUserId(text: string): string {
  return /^[^:%]*$/.test(text) && isPrintableAscii(text) ? text : formEncode(text)
}

export function basicPassword(text: string): string {
  return !text.includes('%') && isPrintableAscii(text) ? text : formEncode(text)
}

function isPrintableAscii(text: string): boolean {
  return /^[\x20-\x7e]*$/.test(text)
}

/** application/x-www-form-urlencoded, one value. */
export function formEncode(text: string): string {
  return new URLSearchParams([['', text]]).toString().slice(1)
}
