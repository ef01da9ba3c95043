// The settings that plain HTML can ask for: texts, numbers, choices and yes or no, at the top of the config.
import { isJsonObject } from '@sluice/connector-specs'
import type { JsonObject, JsonValue } from '@sluice/oauth'

export interface PlainField {
  name: string
  title: string
  description: string | null
  kind: 'text' | 'integer' | 'number' | 'boolean'
  options: { value: JsonValue; label: string }[] | null
  secret: boolean
  required: boolean
  default: JsonValue | undefined
}

const kinds: Record<string, PlainField['kind']> = {
  string: 'text',
  integer: 'integer',
  number: 'number',
  boolean: 'boolean',
}

/** The fields of a config schema, and the names of required ones that take more than HTML. */
export function plainFields(schema: JsonObject): { fields: PlainField[]; needs_scripts: string[] } {
  const required = new Set(Array.isArray(schema.required) ? schema.required.map(String) : [])
  const fields: PlainField[] = []
  const needs_scripts: string[] = []
  for (const [name, property] of Object.entries(isJsonObject(schema.properties) ? schema.properties : {})) {
    const field = isJsonObject(property) ? plainField(name, property, required.has(name)) : null
    if (field !== null) fields.push(field)
    else if (required.has(name)) needs_scripts.push(name)
  }
  return { fields, needs_scripts }
}

function plainField(name: string, schema: JsonObject, required: boolean): PlainField | null {
  const kind = typeof schema.type === 'string' ? kinds[schema.type] : undefined
  if (kind === undefined || schema.multiline === true) return null
  const { title, description } = schema
  return {
    name,
    title: typeof title === 'string' ? title : name,
    description: typeof description === 'string' ? description : null,
    kind,
    options: optionsOf(schema),
    secret: schema.secret === true || schema.airbyte_secret === true || schema.format === 'password',
    required,
    default: schema.default,
  }
}

/** An `enum`, or a `oneOf` of nothing but constants with titles. */
function optionsOf({ enum: values, oneOf }: JsonObject): PlainField['options'] {
  if (Array.isArray(values)) return values.map((value) => ({ value, label: String(value) }))
  if (!Array.isArray(oneOf)) return null
  const choices = oneOf.filter((choice) => isJsonObject(choice)).filter(({ const: value }) => value !== undefined)
  if (choices.length === 0 || choices.length < oneOf.length) return null
  return choices.map(({ const: value = null, title }) => ({ value, label: String(title ?? value) }))
}

/** The config that a posted form means; what it cannot say stays as it was prefilled. */
export function readPlainFields(fields: PlainField[], form: Map<string, string>, prefilled: JsonObject): JsonObject {
  const config: JsonObject = { ...prefilled }
  for (const field of fields) {
    const text = form.get(field.name) ?? ''
    if (field.kind === 'boolean') config[field.name] = text === 'true'
    else if (text === '') delete config[field.name]
    else
      config[field.name] = field.options?.find(({ value }) => String(value) === text)?.value ?? typedValue(field, text)
  }
  return config
}

/** What is no number is left a text, for the schema to refuse by name. */
function typedValue({ kind }: PlainField, text: string): JsonValue {
  if (kind === 'text') return text
  const number = Number(text)
  return Number.isFinite(number) ? number : text
}
