// Bodies are built by their type: known text is encoded here, values when they are placed.

import type { Template } from '../template/template.ts'
import { formEncode, type Piece, templateOf, urlencodePieces } from './pieces.ts'

export interface Parameter {
  name: string
  /** What the author wrote for the value. */
  source: string
  value: Piece[]
}

/** A JSON object of strings; Airbyte sends every parameter as text. */
export function jsonBody(parameters: Parameter[]): Template {
  const members = parameters.map(({ name, value }): Piece[] => [
    { text: `${JSON.stringify(name)}:"` },
    ...value.map((piece) => ('text' in piece ? { text: JSON.stringify(piece.text).slice(1, -1) } : piece)),
    { text: '"' },
  ])
  const source = `{${parameters.map(({ name, source }) => `${JSON.stringify(name)}:"${source}"`).join(',')}}`
  return templateOf(source, [{ text: '{' }, ...separate(members, ','), { text: '}' }])
}

/** application/x-www-form-urlencoded. */
export function formBody(parameters: Parameter[]): Template {
  const fields = parameters.map(({ name, value }): Piece[] => [
    { text: `${formEncode(name)}=` },
    ...urlencodePieces(value),
  ])
  const source = parameters.map(({ name, source }) => `${name}=${source}`).join('&')
  return templateOf(source, separate(fields, '&'))
}

function separate(groups: Piece[][], separator: string): Piece[] {
  return groups.flatMap((group, index) => (index === 0 ? group : [{ text: separator }, ...group]))
}
