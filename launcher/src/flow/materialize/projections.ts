// A collection's projections: the places of its documents that a destination may have as fields, with what the schema
// says of each. Flow has them of the same places, and calls them by their pointers.
import { escapeToken, type JsonObject, type JsonValue, parsePointer } from '@sluice/connector-specs'
import type { Collection } from '../../protocol/requests.ts'
import { type Place, placeOf } from './schema-places.ts'

/** The field of the whole document. */
export const DOCUMENT_FIELD = 'flow_document'

const MAXIMUM_DEPTH = 6
const MAXIMUM_FIELDS = 2000

export interface Projection {
  /** Empty for the whole document. */
  pointer: string
  field: string
  is_key: boolean
  /** What stands there where the document has nothing. */
  default_value: JsonValue
  inference: JsonObject
}

/** In the order of their fields. */
export function projectionsOf({ key, schema }: Collection): Projection[] {
  const found = new Map<string, Projection>()
  const add = (pointer: string, place: Place, exists: boolean) => {
    const is_key = key.includes(pointer)
    const field = fieldOf(pointer)
    if (found.size >= MAXIMUM_FIELDS && !is_key) return
    const inference = inferenceOf(place, exists)
    found.set(pointer, { pointer, field, is_key, default_value: inference.default ?? null, inference })
  }
  const walk = (schemas: readonly JsonObject[], pointer: string, exists: boolean, depth: number) => {
    const place = placeOf(schemas, schema)
    if (pointer !== '' || depth === 0) add(pointer, pointer === '' ? { ...place, types: ['object'] } : place, exists)
    if (depth >= MAXIMUM_DEPTH || !place.types.includes('object')) return
    const onlyObject = depth === 0 || place.types.length === 1
    for (const [name, property] of place.properties) {
      const always = exists && onlyObject && place.required.has(name)
      walk(property, `${pointer}/${escapeToken(name)}`, always, depth + 1)
    }
  }
  walk([schema], '', true, 0)
  for (const pointer of key) if (!found.has(pointer)) add(pointer, placeOf([{}], schema), true)
  return [...found.values()].sort((left, right) => (left.field < right.field ? -1 : 1))
}

/** How deep a field lies: 0 is the document. */
export function depthOf(pointer: string): number {
  return parsePointer(pointer).length
}

function fieldOf(pointer: string): string {
  return pointer === '' ? DOCUMENT_FIELD : parsePointer(pointer).join('/')
}

function inferenceOf({ types, annotation }: Place, exists: boolean): JsonObject {
  const text = (keyword: string) => {
    const value = annotation(keyword)
    return typeof value === 'string' ? value : undefined
  }
  const maximum = annotation('maxLength')
  const [title, description, fallback] = [text('title'), text('description'), annotation('default')]
  const format = text('format')
  const encoding = text('contentEncoding')
  const string = {
    ...(format && { format }),
    ...(encoding && { contentEncoding: encoding }),
    ...(typeof maximum === 'number' && { maxLength: maximum }),
  }
  return {
    // A number may be an integer besides; Flow says the wider one alone.
    types: types.filter((type) => type !== 'integer' || !types.includes('number')),
    exists: exists ? 'MUST' : 'MAY',
    ...(types.includes('string') && { string }),
    ...(title && { title }),
    ...(description && { description }),
    ...(fallback !== undefined && { default: fallback }),
    ...(annotation('secret') === true && { secret: true }),
  }
}
