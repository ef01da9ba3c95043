/** The parts of an OpenAPI 3.1 document that the reference page shows. */
export interface OpenApiDocument {
  info: { title: string; version: string; description?: string }
  servers?: { url: string }[]
  tags?: { name: string; description?: string }[]
  paths?: Record<string, Record<string, unknown>>
  components?: { schemas?: Record<string, Schema> }
}

export interface Operation {
  tags?: string[]
  summary?: string
  description?: string
  parameters?: Parameter[]
  requestBody?: { description?: string; required?: boolean; content?: Record<string, { schema?: Schema }> }
  responses?: Record<string, { description?: string; content?: Record<string, { schema?: Schema }> }>
  security?: Record<string, string[]>[]
}

export interface Parameter {
  name: string
  in: string
  required?: boolean
  description?: string
  schema?: Schema
}

/** A JSON Schema 2020-12 object, as far as we generate them. */
export interface Schema {
  $ref?: string
  type?: string | string[]
  format?: string
  title?: string
  description?: string
  properties?: Record<string, Schema>
  required?: string[]
  additionalProperties?: Schema | boolean
  items?: Schema
  enum?: unknown[]
  const?: unknown
  default?: unknown
  example?: unknown
  examples?: unknown[]
  anyOf?: Schema[]
  oneOf?: Schema[]
  allOf?: Schema[]
  minimum?: number
  maximum?: number
  minLength?: number
  maxLength?: number
  maxItems?: number
  pattern?: string
}

export interface DescribedOperation {
  id: string
  method: string
  path: string
  tag: string
  operation: Operation
}

const METHODS = ['get', 'post', 'put', 'patch', 'delete']

/** All operations in the document's order. */
export function operationsOf(document: OpenApiDocument): DescribedOperation[] {
  return Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
    METHODS.filter((method) => method in item).map((method) => {
      // A path item holds operations under the methods' names (OpenAPI 3.1 §4.8.9).
      const operation = item[method] as Operation
      const id = `${method}${path.replace(/[^A-Za-z0-9]+/g, '-')}`.replace(/-$/, '')
      return { id, method: method.toUpperCase(), path, tag: operation.tags?.[0] ?? 'Other', operation }
    }),
  )
}

/** The schema that a reference leads to, with its name. */
export function resolveSchema(document: OpenApiDocument, schema: Schema): { schema: Schema; name: string | null } {
  const name = schema.$ref?.startsWith('#/components/schemas/') ? schema.$ref.slice(21) : null
  const found = name === null ? undefined : document.components?.schemas?.[name]
  if (found === undefined) return { schema, name: null }
  const { $ref: _, ...beside } = schema
  return { schema: { ...found, ...beside }, name }
}

/** Where the API is served: the document's server, or the development server where it names only a path. */
export function serverUrl(document: OpenApiDocument): string {
  const url = document.servers?.[0]?.url ?? ''
  return URL.canParse(url) ? url.replace(/\/$/, '') : 'http://localhost:8080'
}
