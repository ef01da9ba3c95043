import type { JsonObject, ProviderDeclaration } from '@sluice/oauth'

/** The JSON Schema of what the person fills in before authorizing at a provider, for forms and `compileSchema`. */
export function providerConfigSchema({ title, config }: ProviderDeclaration): JsonObject {
  const properties: JsonObject = {}
  for (const [order, [name, field]] of Object.entries(config).entries()) {
    properties[name] = {
      type: 'string',
      title: field.title,
      ...(field.description !== undefined && { description: field.description }),
      ...(field.example !== undefined && { examples: [field.example] }),
      ...(field.pattern !== undefined && { pattern: `^(?:${field.pattern})$` }),
      ...(field.enum !== undefined && { enum: field.enum }),
      ...(field.default !== undefined && { default: field.default }),
      order,
    }
  }
  const required = Object.entries(config).filter(([, field]) => !field.optional && field.default === undefined)
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    type: 'object',
    title: title ?? '',
    properties,
    required: required.map(([name]) => name),
  }
}
