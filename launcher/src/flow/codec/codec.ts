// How Flow's messages are written on the pipes: `FLOW_RUNTIME_CODEC` tells the connector which one it is.
import type { JsonObject } from '@sluice/connector-specs'
import type { Framing } from '../../framing.ts'
import type { Launch } from '../../launch.ts'
import { JSON_CODEC } from './json-codec.ts'

/** Whose messages: requests and responses of a capture or of a materialization. */
export type FlowDialect = 'capture' | 'materialize'

/** Bytes that are no message: what they are, and what to do about it. */
export interface NoMessage {
  fault: string
  advice: string
}

export interface FlowCodec {
  name: 'json' | 'proto'
  framing: Framing
  encode(request: JsonObject): string | Buffer
  /** Takes apart what `framing` found whole, and leaves out what means nothing. */
  split(whole: Buffer): Iterator<Buffer, void>
  decode(message: Buffer): { message: JsonObject } | NoMessage
  /** Whether what is left when the connector has ended means nothing. */
  isNothing(rest: Buffer): boolean
}

/** JSON, which all connectors speak that are told so, unless the launch says otherwise. */
export async function codecOf(launch: Launch): Promise<FlowCodec> {
  if (!launch.protobuf) return JSON_CODEC
  const { protobufCodec } = await import('./protobuf-codec.ts')
  return protobufCodec(launch.destination ? 'materialize' : 'capture')
}
