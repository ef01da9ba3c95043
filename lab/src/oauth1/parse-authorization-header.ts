import { OAuth1Problem } from './oauth1-problem.ts'

const UNRESERVED = /^(?:[A-Za-z0-9\-._~]|%[0-9A-F]{2})*$/

/**
 * Reads `OAuth realm="…", name="value", …` (RFC 5849 §3.5.1) with its encoding taken at its word (§3.6): what is
 * unreserved stands as it is, everything else in upper-case hexadecimal.
 *
 * @throws OAuth1Problem `parameter_rejected` for another encoding or a repeated name, `parameter_absent` for no header.
 */
export function parseAuthorizationHeader(header: string | undefined): Map<string, string> {
  const list = /^OAuth +(.+)$/.exec(header ?? '')?.[1]
  if (list === undefined) throw new OAuth1Problem(401, 'parameter_absent', 'no OAuth Authorization header')
  const parameters = new Map<string, string>()
  const PAIR = /([^=",\s]+)="((?:[^"\\]|\\.)*)"(?:\s*,\s*|$)/y
  while (PAIR.lastIndex < list.length) {
    const match = PAIR.exec(list)
    if (match === null) throw rejected('the header is not a list of quoted parameters')
    const [, name = '', value = ''] = match
    if (parameters.has(name)) throw rejected(`${name} is repeated`)
    if (name === 'realm') parameters.set(name, value.replace(/\\(.)/g, '$1'))
    else parameters.set(decodeStrictly(name, name), decodeStrictly(value, name))
  }
  return parameters
}

function decodeStrictly(text: string, name: string): string {
  if (!UNRESERVED.test(text)) throw rejected(`${name} is not percent-encoded as RFC 5849 §3.6 says`)
  const decoded = decodeURIComponent(text)
  // Encoding what is unreserved is wrong too.
  if (encodeStrictly(decoded) !== text) throw rejected(`${name} encodes characters that stand for themselves`)
  return decoded
}

/** RFC 5849 §3.6, byte by byte. */
export function encodeStrictly(text: string): string {
  let encoded = ''
  for (const byte of Buffer.from(text, 'utf8')) {
    const character = String.fromCharCode(byte)
    encoded += /[A-Za-z0-9\-._~]/.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
  }
  return encoded
}

function rejected(reason: string): OAuth1Problem {
  return new OAuth1Problem(400, 'parameter_rejected', reason)
}
