import type { Compilation } from '../compilation.ts'
import { formatJsonPointer } from '../json-pointer.ts'
import type { ResponseMapping } from '../plan.ts'
import { lintBraces } from './lint-names.ts'

/** What a response map yields: words where the reply was meant, or no token at all. */
export function lintResponseMap(pointer: string, map: ResponseMapping[], { warn }: Compilation): void {
  for (const entry of map) {
    const place = `${pointer}${formatJsonPointer([entry.key])}`
    if (entry.from === 'template') lintBraces(place, entry.template, warn)
    if (entry.from === 'literal' && typeof entry.value === 'string' && entry.value !== '') {
      warn(place, 'bare_word', 'yields its own text, nothing of the reply')
    }
  }
  if (map.length === 0) {
    warn(pointer, 'response_map_missing', 'says nothing of what the connector gets')
    return
  }
  if (map.some((entry) => yieldsToken(entry, ACCESS_TOKEN))) return
  if (map.some((entry) => yieldsToken(entry, REFRESH_TOKEN))) {
    warn(pointer, 'access_token_unmapped', 'yields a refresh token, but no access token')
  } else {
    warn(pointer, 'access_token_missing', 'yields no token')
  }
}

const ACCESS_TOKEN = /(?:^|[^a-z])access_?token$|^(?:api_?)?token$/i
const REFRESH_TOKEN = /(?:^|[^a-z])refresh_?token$/i

/** By the name under which the connector gets it, or the name that it has in the reply. */
function yieldsToken(entry: ResponseMapping, name: RegExp): boolean {
  if (entry.from === 'literal') return false
  const read = entry.from === 'template' ? [...entry.template.names] : [entry.pointer.at(-1) ?? '']
  return [entry.key, ...read].some((text) => name.test(text))
}
