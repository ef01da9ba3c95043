import { isJsonObject, type JsonObject, type JsonValue } from './json.ts'
import type { TokenEndpointResponse } from './token-response.ts'

const MAX_DEPTH = 64

/**
 * A token endpoint's body as an object: JSON whatever its declared type (a byte order mark is tolerated), or a form when
 * the reply says so. Null for HTML, nothing, arrays, scalars, and nesting beyond 64 levels.
 */
export function readReply({ headers, body }: TokenEndpointResponse): JsonObject | null {
  const text = body.replace(/^\uFEFF/, '').trim()
  const content_type = (headers.get('content-type') ?? '').split(';')[0]?.trim().toLowerCase()
  if (content_type === 'application/x-www-form-urlencoded' && !text.startsWith('{')) return readForm(text)
  try {
    const value = JSON.parse(text) as JsonValue
    return isJsonObject(value) && isShallow(value) ? (withoutProto(value) as JsonObject) : null
  } catch {
    return null
  }
}

function readForm(text: string): JsonObject | null {
  const members = [...new URLSearchParams(text)].filter(([name]) => name !== '__proto__')
  const repeats = new Set(members.map(([name]) => name)).size !== members.length
  return members.length === 0 || repeats ? null : Object.fromEntries(members)
}

function isShallow(root: JsonValue): boolean {
  let level = [root]
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > MAX_DEPTH) return false
    level = level.flatMap((value) => (typeof value === 'object' && value !== null ? Object.values(value) : []))
  }
  return true
}

/** JSON may own a member called `__proto__`; copying it about later could reach a prototype. */
function withoutProto(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(withoutProto)
  if (!isJsonObject(value)) return value
  const members = Object.entries(value).filter(([name]) => name !== '__proto__')
  return Object.fromEntries(members.map(([name, member]) => [name, withoutProto(member)]))
}
