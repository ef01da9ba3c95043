import {
  type DescribedOperation,
  type OpenApiDocument,
  resolveSchema,
  type Schema,
  serverUrl,
} from './openapi-document.ts'

const UUID = '019a2f0e-7c51-7c3e-9d1b-3f5a8e2b6c40'

/** A call of the operation that works once its sample values are replaced by one's own. */
export function curlExample(document: OpenApiDocument, { method, path, operation }: DescribedOperation): string {
  const url = `${serverUrl(document)}${fillPath(path, operation.parameters ?? [])}`
  const lines = [method === 'GET' ? `curl ${quote(url)}` : `curl -X ${method} ${quote(url)}`]
  if ((operation.security ?? []).length > 0) lines.push('-H "Authorization: Bearer $SLUICE_API_KEY"')
  const body = operation.requestBody?.content?.['application/json']?.schema
  if (body) lines.push("-H 'Content-Type: application/json'", `-d ${quote(JSON.stringify(sample(document, body)))}`)
  return lines.join(' \\\n  ')
}

function fillPath(path: string, parameters: { name: string; schema?: Schema }[]): string {
  return path.replace(/\{([^}]+)\}/g, (_, name: string) => {
    const schema = parameters.find((parameter) => parameter.name === name)?.schema
    return schema?.format === 'uuid' ? UUID : String(schema?.example ?? schema?.examples?.[0] ?? `{${name}}`)
  })
}

/** A value that fits the schema: its example, its default, or the least that its type allows; optional fields are left out. */
function sample(document: OpenApiDocument, value: Schema, depth = 0): unknown {
  const { schema } = resolveSchema(document, value)
  const given: unknown = schema.example ?? schema.examples?.[0] ?? schema.const ?? schema.default ?? schema.enum?.[0]
  if (given !== undefined) return given
  const [choice] = schema.anyOf ?? schema.oneOf ?? schema.allOf ?? []
  if (choice && depth < 8) return sample(document, choice, depth + 1)
  const type = [schema.type].flat()[0]
  if (type === 'object') {
    const fields = Object.entries(schema.properties ?? {}).filter(([name]) => schema.required?.includes(name))
    return Object.fromEntries(
      fields.map(([name, field]) => [name, depth < 8 ? sample(document, field, depth + 1) : null]),
    )
  }
  if (type === 'array') return []
  if (type === 'boolean') return false
  if (type === 'integer' || type === 'number') return schema.minimum ?? 1
  if (schema.format === 'uuid') return UUID
  return schema.format === 'uri' ? 'https://example.com' : '…'
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
