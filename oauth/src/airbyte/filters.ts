import { Buffer } from 'node:buffer'
import { type Piece, textOf, urlencodePieces } from './pieces.ts'

/** Fix-ups of standard base64 that specs write after `codechallengeS256`; ours is base64url already (RFC 7636 §4.2). */
const BASE64URL_FIXES = new Set(['+-', '/_', '='])

/**
 * Applies one filter, in any of the spellings that Airbyte's platform (`urlencode`, `b64encode`, `codechallengeS256`)
 * and its protocol's examples (`urlEncoder`, `base64Encoder`, `codeChallengeS256`) use.
 *
 * The challenge of `state` becomes the challenge of a code verifier of its own: Airbyte proves possession of `state`,
 * which everybody who sees the authorization URL possesses.
 *
 * @throws SyntaxError for unknown filters, and for those that would have to look into a value known only later.
 */
export function applyFilter(name: string, parameters: string[], pieces: Piece[]): Piece[] {
  const known = textOf(pieces)
  switch (name.toLowerCase()) {
    case 'urlencode':
      return urlencodePieces(pieces)
    case 'urlencoder':
      return urlencodePieces(pieces, (text) => encodeURIComponent(text.toWellFormed()))
    case 'b64encode':
    case 'base64encode':
    case 'base64encoder':
      return known === null ? [{ base64: pieces }] : [{ text: Buffer.from(known).toString('base64') }]
    case 'codechallenges256':
      if (!isVariable(pieces, 'state')) throw new SyntaxError(`"${name}" can be applied to state_value only`)
      return [{ variable: 'code_challenge' }]
    case 'string':
    case 'safe':
      return pieces
    case 'replace': {
      const [from = '', to = ''] = parameters
      if (isVariable(pieces, 'code_challenge') && BASE64URL_FIXES.has(from + to)) return pieces
      return [{ text: requireKnown(name, known).replaceAll(from, to) }]
    }
    case 'trim':
      return [{ text: requireKnown(name, known).trim() }]
    case 'lower':
      return [{ text: requireKnown(name, known).toLowerCase() }]
    case 'upper':
      return [{ text: requireKnown(name, known).toUpperCase() }]
    case 'urldecoder':
      return [{ text: decodeUrl(requireKnown(name, known)) }]
    case 'b64decode':
    case 'base64decoder':
      return [{ text: Buffer.from(requireKnown(name, known), 'base64').toString('utf8') }]
    default:
      throw new SyntaxError(`there is no filter "${name}"`)
  }
}

function isVariable(pieces: Piece[], name: string): boolean {
  const [piece, second] = pieces
  return piece !== undefined && second === undefined && 'variable' in piece && piece.variable === name
}

function requireKnown(filter: string, known: string | null): string {
  if (known === null) throw new SyntaxError(`"${filter}" cannot be applied to a value that is known only at run time`)
  return known
}

function decodeUrl(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch (cause) {
    throw new SyntaxError('urlDecoder gets no percent-encoded text', { cause })
  }
}
