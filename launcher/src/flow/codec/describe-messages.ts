// Makes the library's descriptors of Flow's messages, which are data here.
import { createFileRegistry, type DescMessage, fromJson, type JsonObject } from '@bufbuild/protobuf'
import { FileDescriptorProtoSchema, file_google_protobuf_duration } from '@bufbuild/protobuf/wkt'
import type { FlowDialect } from './codec.ts'
import { ENUMS, JSON_NAMES, MESSAGES, type MessageFields } from './messages.ts'

const SCALARS = ['string', 'int32', 'int64', 'uint32', 'fixed32', 'bool', 'bytes']

/** In JSON a text like `300s`. */
const DURATION = file_google_protobuf_duration

/** The descriptors of a dialect's messages. */
export function describeMessages(dialect: FlowDialect): { request: DescMessage; response: DescMessage } {
  const enums: Record<string, Record<string, number>> = ENUMS[dialect]
  const file = fromJson(FileDescriptorProtoSchema, {
    name: `${dialect}.proto`,
    package: dialect,
    syntax: 'proto3',
    dependency: [DURATION.proto.name],
    messageType: Object.entries(MESSAGES[dialect]).map(([name, fields]) => messageType(dialect, name, fields, enums)),
    enumType: Object.entries(enums).map(([name, values]) => ({
      name,
      value: Object.entries(values).map(([value, number]) => ({ name: value, number })),
    })),
  })
  const registry = createFileRegistry(file, (name) => (name === DURATION.proto.name ? DURATION : undefined))
  const find = (name: string) => {
    const found = registry.getMessage(`${dialect}.${name}`)
    if (!found) throw new TypeError(`The messages of ${dialect} have no ${name}.`)
    return found
  }
  return { request: find('Request'), response: find('Response') }
}

function messageType(dialect: string, name: string, fields: MessageFields, enums: Record<string, unknown>): JsonObject {
  const nestedType: JsonObject[] = []
  const field = Object.entries(fields).map(([fieldName, declared]) => {
    const [number = '', type = ''] = declared.split(' ')
    const [, base = '', many = ''] = /^(\w+)(\[\]|\{\})?$/.exec(type) ?? []
    const common = { name: fieldName, jsonName: jsonName(fieldName), number: Number(number) }
    if (many !== '{}') {
      const label = many === '[]' ? 'LABEL_REPEATED' : 'LABEL_OPTIONAL'
      return { ...common, label, ...typeOf(dialect, base, enums) }
    }
    const entry = `${camelCase(`_${fieldName}`)}Entry`
    nestedType.push({
      name: entry,
      options: { mapEntry: true },
      field: [
        { name: 'key', number: 1, label: 'LABEL_OPTIONAL', type: 'TYPE_STRING' },
        { name: 'value', number: 2, label: 'LABEL_OPTIONAL', ...typeOf(dialect, base, enums) },
      ],
    })
    return { ...common, label: 'LABEL_REPEATED', type: 'TYPE_MESSAGE', typeName: `.${dialect}.${name}.${entry}` }
  })
  return { name, field, nestedType }
}

function typeOf(dialect: string, type: string, enums: Record<string, unknown>): JsonObject {
  if (type === 'json') return { type: 'TYPE_STRING' }
  if (type === 'duration') return { type: 'TYPE_MESSAGE', typeName: '.google.protobuf.Duration' }
  if (SCALARS.includes(type)) return { type: `TYPE_${type.toUpperCase()}` }
  return { type: Object.hasOwn(enums, type) ? 'TYPE_ENUM' : 'TYPE_MESSAGE', typeName: `.${dialect}.${type}` }
}

function jsonName(field: string): string {
  return JSON_NAMES[field] ?? camelCase(field.replace(/_json(_map)?$/, ''))
}

function camelCase(name: string): string {
  return name.replaceAll(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
}
