import { applyFilter } from './filters.ts'
import type { Piece } from './pieces.ts'

/** What a name stands for. Throws SyntaxError when the template may not read it. */
export type Lookup = (name: string) => Piece[]

const LEXEME = /\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|([A-Za-z_]\w*)|([~+|(),]))/y

type Lexeme = { kind: 'string' | 'name' | 'symbol'; text: string }

/**
 * Reads a Jinja expression as Airbyte specs use them: names, quoted text, `~` or `+` between parts, parentheses, and
 * filters (`x | urlencode`), which bind tighter than `~`.
 *
 * @throws SyntaxError on everything else.
 */
export function parseExpression(source: string, lookup: Lookup): Piece[] {
  const reader = readLexemes(source)
  const pieces = readSum(reader, lookup)
  const rest = reader.next()
  if (rest !== null) throw new SyntaxError(`"${rest.text}" is not expected there`)
  return pieces
}

interface Reader {
  peek(): Lexeme | null
  next(): Lexeme | null
  /** Takes the symbol if it comes next. */
  take(...symbols: string[]): boolean
}

function readLexemes(source: string): Reader {
  const lexemes: Lexeme[] = []
  const text = source.trimEnd()
  LEXEME.lastIndex = 0
  while (LEXEME.lastIndex < text.length) {
    const at = LEXEME.lastIndex
    const match = LEXEME.exec(text)
    if (match === null) throw new SyntaxError(`"${text.slice(at).trim().slice(0, 20)}" cannot be read`)
    const [, single, double, name, symbol] = match
    const quoted = single ?? double
    if (quoted !== undefined) lexemes.push({ kind: 'string', text: quoted.replace(/\\(.)/g, '$1') })
    else lexemes.push(name === undefined ? { kind: 'symbol', text: symbol ?? '' } : { kind: 'name', text: name })
  }
  let at = 0
  const peek = () => lexemes[at] ?? null
  return {
    peek,
    next: () => lexemes[at++] ?? null,
    take(...symbols) {
      const lexeme = peek()
      const taken = lexeme?.kind === 'symbol' && symbols.includes(lexeme.text)
      if (taken) at += 1
      return taken
    },
  }
}

function readSum(reader: Reader, lookup: Lookup): Piece[] {
  const pieces = readFiltered(reader, lookup)
  while (reader.take('~', '+')) pieces.push(...readFiltered(reader, lookup))
  return pieces
}

function readFiltered(reader: Reader, lookup: Lookup): Piece[] {
  return readFilters(reader, readPrimary(reader, lookup))
}

function readPrimary(reader: Reader, lookup: Lookup): Piece[] {
  if (reader.take('(')) {
    const pieces = readSum(reader, lookup)
    if (!reader.take(')')) throw new SyntaxError('a parenthesis is not closed')
    return pieces
  }
  const lexeme = reader.next()
  if (lexeme?.kind === 'string') return [{ text: lexeme.text }]
  if (lexeme?.kind === 'name') return [...lookup(lexeme.text)]
  throw new SyntaxError(lexeme === null ? 'a name is missing' : `"${lexeme.text}" stands where a name is expected`)
}

function readFilters(reader: Reader, value: Piece[]): Piece[] {
  let pieces = value
  while (reader.take('|')) {
    const name = reader.next()
    if (name?.kind !== 'name') throw new SyntaxError('"|" is followed by no filter')
    pieces = applyFilter(name.text, readArguments(reader), pieces)
  }
  return pieces
}

function readArguments(reader: Reader): string[] {
  const values: string[] = []
  if (!reader.take('(')) return values
  while (!reader.take(')')) {
    const value = reader.next()
    if (value?.kind !== 'string') throw new SyntaxError("a filter's arguments must be quoted text")
    values.push(value.text)
    if (!reader.take(',') && reader.peek()?.text !== ')') throw new SyntaxError('a parenthesis is not closed')
  }
  return values
}

/** Applies the filters written in `source`, such as `| base64Encoder`, to pieces that are known already. */
export function parseFilters(source: string, value: Piece[]): Piece[] {
  const reader = readLexemes(source)
  const pieces = readFilters(reader, value)
  const rest = reader.next()
  if (rest !== null) throw new SyntaxError(`"${rest.text}" is not expected there`)
  return pieces
}
