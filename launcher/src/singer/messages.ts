// Messages of the Singer specification (contracts/wire-protocols.md §2). Their types are case-insensitive.
import { isJsonObject, type JsonObject, type JsonValue } from '@sluice/connector-specs'
import { z } from 'zod'
import { OutputFault } from '../output-fault.ts'

const object = z.custom<JsonObject>(isJsonObject, 'must be an object')
const stream = z.string().min(1)

const bodies = {
  SCHEMA: z.object({ stream, schema: object, key_properties: z.array(z.string()).nullish() }),
  STATE: z.object({ value: z.custom<JsonValue>((value) => value !== undefined, 'is missing') }),
  ACTIVATE_VERSION: z.object({ stream, version: z.number() }),
  BATCH: z.object({
    stream,
    encoding: z.object({ format: z.string(), compression: z.string().nullish() }),
    manifest: z.array(z.string()),
  }),
}

type Bodies = { [T in keyof typeof bodies]: { type: T } & z.infer<(typeof bodies)[T]> }

export type SingerMessage =
  | { type: 'RECORD'; stream: string; record: JsonObject }
  | Bodies[keyof Bodies]
  | { type: 'UNKNOWN'; name: string }

export type SingerBatch = Bodies['BATCH']

/** The message that an object is; null when it is none. @throws OutputFault when it breaks the specification */
export function readSingerMessage(value: JsonObject): SingerMessage | null {
  if (typeof value.type !== 'string') return null
  const type = value.type.toUpperCase()
  if (type === 'RECORD') return readRecord(value)
  if (!Object.hasOwn(bodies, type)) return { type: 'UNKNOWN', name: type }
  const known = type as keyof Bodies // one of its own keys
  const parsed = bodies[known].safeParse(value)
  if (parsed.success) return { type: known, ...parsed.data } as SingerMessage // read by this type's schema
  const issue = parsed.error.issues[0]
  throw new OutputFault(
    `printed a ${type} message that breaks the specification: ${issue?.path.join('.')}: ${issue?.message}. Mend it.`,
  )
}

/** By hand, because there are so many. */
function readRecord({ stream, record }: JsonObject): SingerMessage {
  if (typeof stream === 'string' && isJsonObject(record)) return { type: 'RECORD', stream, record }
  throw new OutputFault('printed a RECORD message without stream or record. Mend it.')
}
