// Messages of the Airbyte protocol v0 (contracts/wire-protocols.md §1). Unknown keys are tolerated everywhere.
import { isJsonObject, type JsonObject } from '@sluice/connector-specs'
import { z } from 'zod'
import { OutputFault } from '../output-fault.ts'

const object = z.custom<JsonObject>(isJsonObject, 'must be an object')
const text = z.string()
const descriptor = z.object({ name: text, namespace: text.nullish() })

const streamState = z.object({ stream_descriptor: descriptor, stream_state: object.nullish() })

const bodies = {
  SPEC: z.object({ connectionSpecification: object, documentationUrl: text.nullish() }).loose(),
  CONNECTION_STATUS: z.object({ status: z.enum(['SUCCEEDED', 'FAILED']), message: text.nullish() }),
  CATALOG: z.object({
    streams: z.array(
      z.object({
        name: text.min(1),
        namespace: text.nullish(),
        json_schema: object.default({}),
        supported_sync_modes: z.array(text).nullish(),
        source_defined_cursor: z.boolean().nullish(),
        default_cursor_field: z.array(text).nullish(),
        source_defined_primary_key: z.array(z.array(text)).nullish(),
      }),
    ),
  }),
  STATE: z.object({
    type: z.enum(['STREAM', 'GLOBAL', 'LEGACY']).nullish(),
    stream: streamState.nullish(),
    global: z.object({ shared_state: object.nullish(), stream_states: z.array(streamState).default([]) }).nullish(),
    data: object.nullish(),
  }),
  LOG: z.object({ level: text, message: text, stack_trace: text.nullish() }),
  TRACE: z.object({
    type: text,
    error: z
      .object({
        message: text,
        failure_type: text.nullish(),
        stack_trace: text.nullish(),
        internal_message: text.nullish(),
      })
      .nullish(),
    estimate: z
      .object({ name: text.nullish(), row_estimate: z.number().nullish(), byte_estimate: z.number().nullish() })
      .nullish(),
    stream_status: z
      .object({ stream_descriptor: descriptor, status: z.enum(['STARTED', 'RUNNING', 'COMPLETE', 'INCOMPLETE']) })
      .nullish(),
  }),
  CONTROL: z.object({ type: text, connectorConfig: z.object({ config: object }).nullish() }),
}

const KEYS = {
  SPEC: 'spec',
  CONNECTION_STATUS: 'connectionStatus',
  CATALOG: 'catalog',
  STATE: 'state',
  LOG: 'log',
  TRACE: 'trace',
  CONTROL: 'control',
} as const

type Bodies = { [T in keyof typeof bodies]: z.infer<(typeof bodies)[T]> }

export type AirbyteStateMessage = Bodies['STATE']
export type AirbyteStream = Bodies['CATALOG']['streams'][number]
export type AirbyteTrace = Bodies['TRACE']

export type AirbyteMessage =
  | { type: 'RECORD'; stream: string; namespace: string | null; data: JsonObject }
  | { [T in keyof Bodies]: { type: T; body: Bodies[T] } }[keyof Bodies]
  /** DESTINATION_CATALOG, and what later versions of the protocol may bring. */
  | { type: 'UNKNOWN'; name: string }

/** The message that an object is; null when it is none. @throws OutputFault when its body breaks the protocol */
export function readAirbyteMessage(value: JsonObject): AirbyteMessage | null {
  const { type } = value
  if (typeof type !== 'string') return null
  if (type === 'RECORD') return readRecord(value.record)
  if (!Object.hasOwn(bodies, type)) return { type: 'UNKNOWN', name: type }
  const known = type as keyof Bodies // one of its own keys
  const parsed = bodies[known].safeParse(value[KEYS[known]])
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    const where = [KEYS[known], ...(issue?.path ?? [])].join('.')
    throw new OutputFault(`printed a ${type} message that breaks the protocol: ${where}: ${issue?.message}. Mend it.`)
  }
  return { type: known, body: parsed.data } as AirbyteMessage // the body was read by this type's schema
}

/** By hand, because there are so many. */
function readRecord(record: unknown): AirbyteMessage {
  if (isJsonObject(record)) {
    const { stream, namespace, data } = record
    if (typeof stream === 'string' && isJsonObject(data)) {
      return { type: 'RECORD', stream, namespace: typeof namespace === 'string' ? namespace : null, data }
    }
  }
  throw new OutputFault('printed a RECORD message without stream or data. Mend it.')
}
