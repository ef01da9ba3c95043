import { stripVTControlCharacters } from 'node:util'

const MAX_LENGTH = 500

/**
 * A provider's words, safe to log and to show: terminal sequences gone, control and bidirectional characters turned into
 * spaces, 500 characters at most. Still plain text: whoever writes HTML escapes it.
 */
export function providerText(value: unknown): string | null {
  if (typeof value !== 'string') return null
  const text = stripVTControlCharacters(value.slice(0, MAX_LENGTH * 4))
    .toWellFormed()
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')
    .trim()
    .slice(0, MAX_LENGTH)
  return text === '' ? null : text
}
