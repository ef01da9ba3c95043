import { type Lookup, parseExpression, parseFilters } from './parse-expression.ts'
import type { Piece } from './pieces.ts'

const MAX_DEPTH = 8

/**
 * Parses Airbyte's template language: text with `{{ expression }}`, where an expression is Jinja's, or, as in the
 * protocol's own examples, text with further braces and filters: `{{ {{client_id_value}}:{{client_secret_value}} |
 * base64Encoder }}`. Values are never read as templates again.
 *
 * @throws SyntaxError on unclosed braces, statements (`{% … %}`), and whatever the expression grammar does not have.
 */
export function parseJinja(source: string, lookup: Lookup, depth = 0): Piece[] {
  if (depth > MAX_DEPTH) throw new SyntaxError(`braces are nested more than ${MAX_DEPTH} deep`)
  const pieces: Piece[] = []
  let at = 0
  for (let open = nextTag(source, at); open !== -1; open = nextTag(source, at)) {
    if (open > at) pieces.push({ text: source.slice(at, open) })
    if (source.startsWith('{%', open)) throw new SyntaxError(`the statement at ${open} is not supported`)
    if (source.startsWith('{#', open)) {
      const close = source.indexOf('#}', open)
      if (close === -1) throw new SyntaxError(`the comment at ${open} is not closed`)
      at = close + 2
      continue
    }
    const close = closingBraces(source, open)
    pieces.push(...parseTag(source.slice(open + 2, close), lookup, depth))
    at = close + 2
  }
  if (at < source.length) pieces.push({ text: source.slice(at) })
  return pieces
}

function nextTag(source: string, from: number): number {
  const at = source.slice(from).search(/\{[{%#]/)
  return at === -1 ? -1 : from + at
}

/** Where the `}}` of the braces at `open` stands. */
function closingBraces(source: string, open: number): number {
  let depth = 0
  for (let at = open; at < source.length; at += 1) {
    if (source.startsWith('{{', at)) {
      depth += 1
      at += 1
    } else if (source.startsWith('}}', at)) {
      depth -= 1
      if (depth === 0) return at
      at += 1
    }
  }
  throw new SyntaxError(`the braces at ${open} are not closed`)
}

function parseTag(tag: string, lookup: Lookup, depth: number): Piece[] {
  if (!tag.includes('{{')) return parseExpression(tag, lookup)
  const end = tag.lastIndexOf('}}') + 2
  const filters = tag.indexOf('|', end)
  const text = tag.slice(0, filters === -1 ? tag.length : filters).trim()
  return parseFilters(filters === -1 ? '' : tag.slice(filters), parseJinja(text, lookup, depth + 1))
}
