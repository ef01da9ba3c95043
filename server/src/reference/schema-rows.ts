import { type Content, html, inline } from './markup.ts'
import { type OpenApiDocument, resolveSchema, type Schema } from './openapi-document.ts'

const DEEPEST = 8

/** The fields of a schema as nested lists: name, type, whether required, rules, description. */
export function schemaFields(document: OpenApiDocument, root: Schema, seen: string[] = []): Content {
  const { schema, name } = resolveSchema(document, root)
  const names = name === null ? seen : [...seen, name]
  const fields = Object.entries(schema.properties ?? {})
  if (fields.length > 0) {
    return html`<ul class="fields">${fields.map(([field, value]) => fieldRow(document, field, value, schema, names))}</ul>`
  }
  const inner = innerSchemas(schema)
  return inner.map((one) => schemaFields(document, one, names))
}

function fieldRow(document: OpenApiDocument, field: string, value: Schema, parent: Schema, seen: string[]): Content {
  const { schema } = resolveSchema(document, value)
  const isRequired = parent.required?.includes(field) ?? false
  const rules = rulesOf(schema)
  return html`<li>
    <div class="field">
      <code class="name">${field}</code> <span class="type">${typeName(document, value)}</span>
      ${isRequired && html` <span class="required">required</span>`}
      ${schema.description && html`<span class="about">${inline(schema.description)}</span>`}
      ${rules.length > 0 && html`<span class="rules">${rules.join(' · ')}</span>`}
    </div>
    ${innerFields(document, value, seen)}
  </li>`
}

function innerFields(document: OpenApiDocument, value: Schema, seen: string[]): Content {
  const { schema, name } = resolveSchema(document, value)
  if (seen.length > DEEPEST || (name !== null && seen.includes(name))) return null
  const names = name === null ? seen : [...seen, name]
  if (schema.properties) return schemaFields(document, { ...schema }, names)
  return innerSchemas(schema).map((one) => innerFields(document, one, names))
}

function innerSchemas(schema: Schema): Schema[] {
  const more = typeof schema.additionalProperties === 'object' ? [schema.additionalProperties] : []
  return [...(schema.items ? [schema.items] : []), ...(schema.anyOf ?? schema.oneOf ?? schema.allOf ?? []), ...more]
}

/** A type in words: `string (uuid) or null`, `list of Connection`, `one of open, completed`. */
export function typeName(document: OpenApiDocument, value: Schema): string {
  const { schema, name } = resolveSchema(document, value)
  if (name !== null) return name
  if (schema.const !== undefined) return JSON.stringify(schema.const)
  if (schema.enum) return `one of ${schema.enum.map(String).join(', ')}`
  const choices = schema.anyOf ?? schema.oneOf ?? schema.allOf
  if (choices) return [...new Set(choices.map((choice) => typeName(document, choice)))].join(' or ')
  if (schema.items) return `list of ${typeName(document, schema.items)}${nullable(schema)}`
  const types = [schema.type ?? 'any'].flat().map((type) => (type === schema.format ? type : withFormat(type, schema)))
  return types.join(' or ')
}

function withFormat(type: string, { format }: Schema): string {
  return format === undefined || type === 'null' ? type : `${type} (${format})`
}

const nullable = ({ type }: Schema) => (Array.isArray(type) && type.includes('null') ? ' or null' : '')

function rulesOf(schema: Schema): string[] {
  const { minimum, maximum, minLength, maxLength, maxItems, example, examples } = schema
  const sample: unknown = example ?? examples?.[0]
  return [
    range(minimum, maximum, ''),
    range(minLength, maxLength, ' characters'),
    maxItems === undefined ? '' : `at most ${maxItems} entries`,
    schema.default === undefined ? '' : `default ${JSON.stringify(schema.default)}`,
    sample === undefined ? '' : `for example ${typeof sample === 'string' ? sample : JSON.stringify(sample)}`,
  ].filter((rule) => rule !== '')
}

function range(low: number | undefined, high: number | undefined, unit: string): string {
  const lowest = low !== undefined && low > Number.MIN_SAFE_INTEGER ? low : undefined
  const highest = high !== undefined && high < Number.MAX_SAFE_INTEGER ? high : undefined
  if (lowest !== undefined && highest !== undefined) return `${lowest} to ${highest}${unit}`
  if (lowest !== undefined) return `at least ${lowest}${unit}`
  return highest === undefined ? '' : `at most ${highest}${unit}`
}
