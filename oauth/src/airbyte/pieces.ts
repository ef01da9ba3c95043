// What an Airbyte template says, before it is put into tokens: text, and values that are known only later.

import type { Lambda, Template, Token } from '../template/template.ts'

/** A part of a parsed template. Encodings stand around single values: known text is encoded when it is parsed. */
export type Piece =
  | { text: string }
  /** A name in the scope of the request builders, such as `client_id` or `config.credentials.subdomain`. */
  | { variable: string }
  | { urlencoded: Piece }
  /** Base64 of the whole, as HTTP Basic credentials need it. */
  | { base64: Piece[] }

/** The text of pieces that hold no value, else null. */
export function textOf(pieces: Piece[]): string | null {
  return pieces.every((piece) => 'text' in piece) ? pieces.map(({ text }) => text).join('') : null
}

/**
 * Percent-encodes (`+` for spaces in known text, as Airbyte's `urlencode` and `_param` do). A value is encoded for its
 * place when it is placed.
 */
export function urlencodePieces(pieces: Piece[], encodeText: (text: string) => string = formEncode): Piece[] {
  return pieces.map((piece) => ('text' in piece ? { text: encodeText(piece.text) } : { urlencoded: piece }))
}

/** application/x-www-form-urlencoded, one value; the same bytes as Java's URLEncoder. */
export function formEncode(text: string): string {
  return new URLSearchParams([['', text.toWellFormed()]]).toString().slice(1)
}

/** Makes pieces into a template of this package; `source` is what the author wrote. */
export function templateOf(source: string, pieces: Piece[]): Template {
  const names = new Set<string>()
  const lambdas = new Set<Lambda>()
  const tokenOf = (piece: Piece): Token => {
    if ('text' in piece) return ['text', piece.text, 0, source.length]
    if ('variable' in piece) {
      names.add(piece.variable)
      return ['&', piece.variable, 0, source.length]
    }
    const [lambda, inner] =
      'urlencoded' in piece ? (['urlencode', [piece.urlencoded]] as const) : (['basicauth', piece.base64] as const)
    lambdas.add(lambda)
    return ['#', lambda, 0, source.length, inner.map(tokenOf)]
  }
  return { source, tokens: mergeText(pieces).map(tokenOf), names, lambdas, conditional: false, required: false }
}

function mergeText(pieces: Piece[]): Piece[] {
  const merged: Piece[] = []
  for (const piece of pieces) {
    const last = merged.at(-1)
    if ('text' in piece && last !== undefined && 'text' in last)
      merged[merged.length - 1] = { text: last.text + piece.text }
    else merged.push(piece)
  }
  return merged
}
