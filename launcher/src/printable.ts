// What a connector writes may be shown on a terminal or in a log: control characters would let it move the cursor,
// forge lines or reverse text (security.md, line 50).

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this file is about
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g
const SHORT: Record<string, string> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

/** The text with each control, bidirectional and line-separating character written as an escape, such as `\x1b`. */
export function escapeControls(text: string): string {
  return text.replace(UNPRINTABLE, (character) => SHORT[character] ?? escapeCode(character.charCodeAt(0)))
}

/** The first `limit` characters, with `…` where more followed. */
export function shorten(text: string, limit: number): string {
  return text.length > limit ? `${text.slice(0, limit)}…` : text
}

function escapeCode(code: number): string {
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`
}
