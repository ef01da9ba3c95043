// The operations of the API as its own document lists them, so that tests of what holds for every operation ask a new one
// too.
import { readFileSync } from 'node:fs'

/** Of JSON Schema, what our document uses. */
export interface Schema {
  $ref?: string
  type?: string | string[]
  format?: string
  pattern?: string
  enum?: unknown[]
  default?: unknown
  minimum?: number
  maximum?: number
  properties?: Record<string, Schema>
  required?: string[]
  items?: Schema
}

export interface Parameter {
  name: string
  in: 'path' | 'query' | 'header'
  schema: Schema
}

export interface Operation {
  method: string
  /** As in the document: `/v1/runs/{id}`. */
  path: string
  /** `GET /v1/runs/{id}` */
  name: string
  /** The scope that a key needs. */
  scope: string
  parameters: Parameter[]
  body: { schema: Schema; required: boolean } | null
}

interface Document {
  paths: Record<string, Record<string, DocumentedOperation>>
  components: { schemas: Record<string, Schema> }
}

interface DocumentedOperation {
  security?: { api_key?: string[] }[]
  parameters?: Parameter[]
  requestBody?: { required?: boolean; content: { 'application/json': { schema: Schema } } }
}

const file = new URL('../../../openapi.json', import.meta.url)
// Written by `npm run openapi`, and held against the routes by `npm run check`.
const document = JSON.parse(readFileSync(file, 'utf8')) as Document

/** All that is below `/v1`. */
export const operations: Operation[] = Object.entries(document.paths)
  .filter(([path]) => path.startsWith('/v1/'))
  .flatMap(([path, methods]) =>
    Object.entries(methods).map(([verb, operation]) => {
      const method = verb.toUpperCase()
      const content = operation.requestBody?.content['application/json']
      return {
        method,
        path,
        name: `${method} ${path}`,
        scope: operation.security?.[0]?.api_key?.[0] ?? 'admin',
        parameters: operation.parameters ?? [],
        body: content ? { schema: content.schema, required: operation.requestBody?.required === true } : null,
      }
    }),
  )

/** What stands for a value of this schema where any will do: the least that the schema takes. */
export function sampleOf(schema: Schema, name = ''): unknown {
  const { $ref, type, format, enum: listed, properties = {}, required = [], minimum } = resolved(schema)
  if ($ref !== undefined) throw new Error(`${$ref} is not in the document`)
  if (listed?.[0] !== undefined) return listed[0]
  switch ([type].flat()[0]) {
    case 'object':
      return Object.fromEntries(required.map((key) => [key, sampleOf(properties[key] ?? {}, key)]))
    case 'array':
      return []
    case 'integer':
    case 'number':
      return minimum ?? 1
    case 'boolean':
      return false
    default:
      if (format === 'uuid') return '00000000-0000-7000-8000-000000000000'
      if (format === 'date-time') return '2100-01-01T00:00:00Z'
      return format === 'uri' || name.endsWith('url') ? 'https://example.com/x' : 'sample'
  }
}

export function resolved(schema: Schema): Schema {
  const name = schema.$ref?.split('/').at(-1)
  return name === undefined ? schema : resolved(document.components.schemas[name] ?? {})
}
