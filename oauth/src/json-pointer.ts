import { isJsonObject, type JsonValue } from './json.ts'

/** A parsed JSON pointer (RFC 6901): its unescaped reference tokens. */
export type JsonPointer = string[]

const MAX_TOKENS = 64

/**
 * Parses `/a/0/b~1c` into its reference tokens.
 *
 * @throws SyntaxError on a missing leading slash, a stray `~`, or more than 64 tokens.
 */
export function parseJsonPointer(text: string): JsonPointer {
  if (text === '') return []
  if (!text.startsWith('/')) throw new SyntaxError('a JSON pointer starts with "/"')
  if (/~(?![01])/.test(text)) throw new SyntaxError('"~" is written "~0" in a JSON pointer')
  const tokens = text.slice(1).split('/')
  if (tokens.length > MAX_TOKENS) throw new SyntaxError(`a JSON pointer has at most ${MAX_TOKENS} steps`)
  return tokens.map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'))
}

export function formatJsonPointer(pointer: readonly PropertyKey[]): string {
  return pointer.map((token) => `/${String(token).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}

/** The value at `pointer`, by own properties only, so `/__proto__/x` finds nothing; undefined when there is none. */
export function readJsonPointer(document: JsonValue, pointer: JsonPointer): JsonValue | undefined {
  let value: JsonValue | undefined = document
  for (const token of pointer) {
    if (Array.isArray(value)) value = /^(?:0|[1-9]\d*)$/.test(token) ? value[Number(token)] : undefined
    else if (isJsonObject(value) && Object.hasOwn(value, token)) value = value[token]
    else return undefined
  }
  return value
}
