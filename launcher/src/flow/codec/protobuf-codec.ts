// Flow's messages in protobuf, each after its length. They are the same as in Flow's JSON, but that JSON within them is
// written as strings.
import { type DescField, type DescMessage, fromBinary, fromJson, toBinary, toJson } from '@bufbuild/protobuf'
import { isJsonObject, type JsonValue } from '@sluice/connector-specs'
import { isTooDeep } from '../../json-depth.ts'
import { LENGTH_PREFIXED, prefixed, splitMessages } from '../../length-prefixed.ts'
import type { FlowCodec, FlowDialect } from './codec.ts'
import { describeMessages } from './describe-messages.ts'

const ADVICE = 'Logs belong on stderr; a connector that prints JSON is none of `protobuf: true`.'

export function protobufCodec(dialect: FlowDialect): FlowCodec {
  const { request, response } = describeMessages(dialect)
  return {
    name: 'proto',
    framing: LENGTH_PREFIXED,
    encode: (message) => prefixed(toBinary(request, fromJson(request, mapJson(request, message, write)))),
    split: splitMessages,
    decode(bytes) {
      try {
        const message = mapJson(response, toJson(response, fromBinary(response, bytes)), parse)
        if (isJsonObject(message) && !isTooDeep(message)) return { message }
      } catch {
        // What is wrong with it would be told in the library's words, which may hold what it read.
      }
      return { fault: 'something that is no protocol message', advice: ADVICE }
    },
    isNothing: (rest) => rest.length === 0,
  }
}

type Change = (value: JsonValue) => JsonValue

const parse: Change = (text) => JSON.parse(String(text))
const write: Change = (value) => JSON.stringify(value)

/** The message with each field that holds JSON, which its name tells, as `change` makes it. */
function mapJson(message: DescMessage, value: JsonValue, change: Change): JsonValue {
  if (!isJsonObject(value)) return value
  const entries = Object.entries(value).map(([name, item = null]) => {
    const field = message.fields.find(({ jsonName }) => jsonName === name)
    return [name, field ? mapField(field, item, change) : item]
  })
  return Object.fromEntries(entries)
}

function mapField(field: DescField, value: JsonValue, change: Change): JsonValue {
  if (field.name.endsWith('_json')) return change(value)
  if (field.fieldKind === 'message') return mapJson(field.message, value, change)
  if (field.fieldKind === 'list' && field.listKind === 'message' && Array.isArray(value)) {
    return value.map((item) => mapJson(field.message, item, change))
  }
  if (!field.name.endsWith('_json_map') || !isJsonObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, item = null]) => [key, change(item)]))
}
