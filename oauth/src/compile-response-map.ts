import type { Compilation } from './compilation.ts'
import type { JsonObject, JsonValue } from './json.ts'
import { formatJsonPointer, parseJsonPointer } from './json-pointer.ts'
import type { ResponseMapping } from './plan.ts'

/** Compiles Flow's response map: `/token` is a JSON pointer, text with tags a template, all else a literal. */
export function compileResponseMap(compilation: Compilation, pointer: string, map: JsonObject): ResponseMapping[] {
  return Object.entries(map).map(([key, value]) => {
    const place = `${pointer}${formatJsonPointer([key])}`
    return compileMapping(compilation, place, key, value)
  })
}

function compileMapping(compilation: Compilation, place: string, key: string, value: JsonValue): ResponseMapping {
  if (typeof value === 'string' && value.startsWith('/')) {
    try {
      return { key, from: 'pointer', pointer: parseJsonPointer(value) }
    } catch (error) {
      compilation.refuse(place, 'json_pointer', error instanceof Error ? error.message : 'is not a JSON pointer')
    }
  }
  if (typeof value !== 'string' || !value.includes('{{')) return { key, from: 'literal', value }
  const template = compilation.template(place, value)
  if (template.names.has('client_secret')) {
    compilation.refuse(place, 'secret_exposed', 'reads client_secret, which connectors must not see')
  }
  return { key, from: 'template', template }
}
