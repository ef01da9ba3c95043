import { OAuthError } from '../errors.ts'

/** Encodes everything but ALPHA, DIGIT, `-`, `.`, `_`, `~`, in upper-case hexadecimal (RFC 5849 §3.6). */
export function percentEncode(text: string, field: string): string {
  if (!text.isWellFormed()) {
    throw new OAuthError('refused_value', `The value of ${field} cannot be used: it is not well-formed Unicode.`, {
      field,
    })
  }
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}
