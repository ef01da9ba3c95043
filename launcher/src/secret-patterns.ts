// The forms in which a secret value may turn up in a connector's output: as it is; URL-, form-, HTML- or JSON-escaped
// in any mixture and letter case; base64 and base64url at each of the three alignments; hex; in lower case when it is long.

/** Values shorter than this are not searched for: they would match everywhere. */
export const SECRET_MIN_CHARACTERS = 4
const LINE_MIN_CHARACTERS = 16
/** Shorter ones would hide words. */
const LOWERED_MIN_CHARACTERS = 16
const HTML_NAMES: Record<string, string> = { '&': 'amp', '<': 'lt', '>': 'gt', '"': 'quot', "'": 'apos' }

export interface SecretPattern {
  /** Global. */
  expression: RegExp
  /** No match is longer than this many characters. */
  max_characters: number
}

/** The pattern that finds one secret, or null when it is too short to be searched for. */
export function secretPattern(value: string): SecretPattern | null {
  const sources = [...new Set(formsOf(value))].filter((form) => form.length >= SECRET_MIN_CHARACTERS).map(escapedForm)
  const hex = Buffer.from(value).toString('hex')
  if (sources.length === 0) return null
  sources.push({ source: anyCase(hex), max_characters: hex.length })
  return {
    expression: new RegExp(sources.map(({ source }) => source).join('|'), 'g'),
    max_characters: Math.max(...sources.map(({ max_characters }) => max_characters)),
  }
}

/** A secret of several lines (a PEM key) may be logged line by line, so each long line counts by itself. */
export function secretParts(value: string): string[] {
  const lines = value.split(/\r?\n/).filter((line) => line.length >= LINE_MIN_CHARACTERS)
  return lines.length > 1 ? [value, ...lines] : [value]
}

function formsOf(value: string): string[] {
  if (value.length < SECRET_MIN_CHARACTERS) return []
  // A host that is asked for is told in lower case.
  const forms = value.length < LOWERED_MIN_CHARACTERS ? [value] : [value, value.toLowerCase()]
  const bytes = Buffer.from(value)
  for (const encoding of ['base64', 'base64url'] as const) {
    for (const offset of [0, 1, 2]) {
      // The characters that depend on this value's bytes alone, whatever stands before and after it.
      const text = Buffer.concat([Buffer.alloc(offset), bytes]).toString(encoding)
      forms.push(text.slice(Math.ceil((offset * 8) / 6), Math.floor(((offset + bytes.length) * 8) / 6)))
    }
  }
  return forms
}

function escapedForm(form: string): { source: string; max_characters: number } {
  const parts = [...form].map(escapedCharacter)
  return {
    source: parts.map(({ source }) => source).join(''),
    max_characters: parts.reduce((sum, part) => sum + part.max_characters, 0),
  }
}

function escapedCharacter(character: string): { source: string; max_characters: number } {
  if (/^[A-Za-z0-9]$/.test(character)) return { source: character, max_characters: 1 }
  const code = character.codePointAt(0) ?? 0
  const units = [...character.split('')].map((unit) => unit.charCodeAt(0).toString(16).padStart(4, '0'))
  const alternatives = [
    regexEscape(character),
    [...Buffer.from(character)].map((byte) => `%(?:25){0,2}${anyCase(byte.toString(16).padStart(2, '0'))}`).join(''),
    units.map((unit) => `\\\\{1,2}u${anyCase(unit)}`).join(''),
    `&#0{0,3}${code};`,
    `&#[xX]0{0,3}${anyCase(code.toString(16))};`,
  ]
  if (code < 0x100) alternatives.push(`\\\\x${anyCase(code.toString(16).padStart(2, '0'))}`)
  if (character === ' ') alternatives.push('\\+')
  const name = HTML_NAMES[character]
  if (name) alternatives.push(`&${name};`)
  const letter = { '\n': 'n', '\r': 'r', '\t': 't', '\b': 'b', '\f': 'f' }[character]
  if (letter) alternatives.push(`\\\\{1,2}${letter}`)
  if ('"\'/\\'.includes(character)) alternatives.unshift(`\\\\{1,3}${regexEscape(character)}`)
  return { source: `(?:${alternatives.join('|')})`, max_characters: 7 * Buffer.byteLength(character) + 8 }
}

function anyCase(hex: string): string {
  return hex.replace(/[a-f]/g, (letter) => `[${letter}${letter.toUpperCase()}]`)
}

function regexEscape(character: string): string {
  return /[\\^$.*+?()[\]{}|/-]/.test(character) ? `\\${character}` : character
}
