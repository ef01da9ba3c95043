// Names, logs and documents come from files, connectors and providers: characters that steer a terminal are written as
// escapes (security.md, line 50).

const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu

/** The text with each control, format and line-separating character as `\uXXXX`. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (character) => {
    const units = Array.from({ length: character.length }, (_, index) => character.charCodeAt(index))
    return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('')
  })
}

/** One line of JSON that a terminal shows as it is; equal to `JSON.stringify` once parsed. */
export function printableJson(value: unknown): string {
  return printable(JSON.stringify(value))
}
