// RFC 6901
import type { JsonObject, JsonValue } from '@sluice/oauth'

export function escapeToken(token: string): string {
  return token.replaceAll('~', '~0').replaceAll('/', '~1')
}

export function parsePointer(pointer: string): string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'))
}

/** The value at a pointer, or undefined where there is none. */
export function readPointer(value: JsonValue, pointer: string): JsonValue | undefined {
  let node: JsonValue | undefined = value
  for (const token of parsePointer(pointer)) {
    if (typeof node !== 'object' || node === null || !Object.hasOwn(node, token)) return undefined
    node = Array.isArray(node) ? node[Number(token)] : node[token]
  }
  return node
}

/** Sets the value at a pointer whose parent exists. Changes `target`. */
export function writePointer(target: JsonObject, pointer: string, value: JsonValue): void {
  const tokens = parsePointer(pointer)
  const last = tokens.pop()
  if (last === undefined) return
  const parent = readPointer(target, tokens.map((token) => `/${escapeToken(token)}`).join(''))
  if (Array.isArray(parent)) parent[Number(last)] = value
  else if (typeof parent === 'object' && parent !== null) parent[last] = value
}
