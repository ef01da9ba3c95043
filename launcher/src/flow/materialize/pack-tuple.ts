// Flow gives keys and values as FoundationDB tuples besides JSON: bytes whose order is that of the values
// (https://github.com/apple/foundationdb/blob/main/design/tuple.md).
import type { JsonValue } from '@sluice/connector-specs'

const NULL = 0x00
const BYTES = 0x01
const TEXT = 0x02
const ZERO = 0x14
const DOUBLE = 0x21
const FALSE = 0x26
const TRUE = 0x27

/** Packs values; arrays and objects as bytes that hold their JSON. Numbers beyond 64 bits are doubles. */
export function packTuple(values: readonly (JsonValue | undefined)[]): Buffer {
  return Buffer.concat(values.map((value) => pack(value ?? null)))
}

function pack(value: JsonValue): Buffer {
  if (value === null) return Buffer.from([NULL])
  if (typeof value === 'boolean') return Buffer.from([value ? TRUE : FALSE])
  if (typeof value === 'string') return packBytes(TEXT, value)
  if (typeof value !== 'number') return packBytes(BYTES, JSON.stringify(value))
  return Number.isSafeInteger(value) ? packInteger(BigInt(value)) : packDouble(value)
}

/** A zero byte within is written as 00 ff, so that 00 is the end. */
function packBytes(kind: number, text: string): Buffer {
  const bytes = Buffer.from(text).toString('latin1')
  const escaped = bytes.replaceAll('\0', '\0\xff')
  return Buffer.from(`${String.fromCharCode(kind)}${escaped}\0`, 'latin1')
}

/** The kind tells sign and length; a negative number is written as its complement. */
function packInteger(value: bigint): Buffer {
  const magnitude = value < 0n ? -value : value
  const hex = magnitude === 0n ? '' : magnitude.toString(16)
  const bytes = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex')
  if (value >= 0n) return Buffer.from([ZERO + bytes.length, ...bytes])
  return Buffer.from([ZERO - bytes.length, ...bytes.map((byte) => byte ^ 0xff)])
}

function packDouble(value: number): Buffer {
  const bytes = Buffer.alloc(9, DOUBLE)
  bytes.writeDoubleBE(value, 1)
  const negative = ((bytes[1] ?? 0) & 0x80) !== 0
  for (let index = 1; index < 9; index += 1) {
    const flipped = negative ? 0xff : index === 1 ? 0x80 : 0
    bytes[index] = (bytes[index] ?? 0) ^ flipped
  }
  return bytes
}
