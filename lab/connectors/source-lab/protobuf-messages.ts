// Flow's messages in protobuf, each after its length in four bytes, little-endian. JSON within them is written as strings
// in fields whose names end in `_json`.
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import protobuf from 'protobufjs'
import type { Messages } from './messages.ts'

const AS_IN_JSON = { enums: String, bytes: String, longs: String }

/** @param file a .proto file whose messages `Request` and `Response` are the connector's */
export function openProtobuf(file: URL): Messages {
  const parsed = protobuf.parse(readFileSync(file, 'utf8'), { keepCase: true })
  const requestType = parsed.root.lookupType(`${parsed.package}.Request`)
  const responseType = parsed.root.lookupType(`${parsed.package}.Response`)
  return {
    async *requests() {
      let held: Buffer = Buffer.alloc(0)
      for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
        held = Buffer.concat([held, chunk])
        while (held.length >= 4 && held.length >= 4 + held.readUInt32LE()) {
          const end = 4 + held.readUInt32LE()
          const message = requestType.toObject(requestType.decode(held.subarray(4, end)), AS_IN_JSON)
          held = held.subarray(end)
          yield fromFields(requestType, message) as Record<string, unknown>
        }
      }
    },
    async respond(response) {
      const message = responseType.encode(responseType.fromObject(toFields(responseType, response))).finish()
      const length = Buffer.alloc(4)
      length.writeUInt32LE(message.length)
      if (!process.stdout.write(Buffer.concat([length, message]))) await once(process.stdout, 'drain')
    },
  }
}

interface Value {
  [key: string]: unknown
}

/** The name in Flow's JSON: `config` of `config_json`, `accessTokenResponseMap` of `access_token_response_json_map`. */
function nameInJson(field: protobuf.Field): string {
  const name = field.name
    .replace(/_json$/, '')
    .replace(/(headers|field_config)_json_map$/, '$1')
    .replace(/_json_map$/, '_map')
  return name.replaceAll(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
}

function fromFields(type: protobuf.Type, message: Value): Value {
  return convert(
    type,
    message,
    (field) => [field.name, nameInJson(field)],
    (text) => JSON.parse(String(text)),
  )
}

function toFields(type: protobuf.Type, message: Value): Value {
  return convert(
    type,
    message,
    (field) => [nameInJson(field), field.name],
    (value) => JSON.stringify(value),
  )
}

function convert(
  type: protobuf.Type,
  message: Value,
  names: (field: protobuf.Field) => [from: string, to: string],
  changeJson: (value: unknown) => unknown,
): Value {
  const converted: Value = {}
  for (const field of type.fieldsArray) {
    const [from, to] = names(field)
    const value = message[from]
    if (value === undefined) continue
    const { resolvedType } = field.resolve()
    const one = (item: unknown) =>
      resolvedType instanceof protobuf.Type ? convert(resolvedType, item as Value, names, changeJson) : item
    const change = field.name.endsWith('_json_map') ? changeJson : one
    if (field.name.endsWith('_json')) converted[to] = changeJson(value)
    else if (field.map)
      converted[to] = Object.fromEntries(Object.entries(value as Value).map(([k, v]) => [k, change(v)]))
    else converted[to] = Array.isArray(value) ? value.map(one) : one(value)
  }
  return converted
}
