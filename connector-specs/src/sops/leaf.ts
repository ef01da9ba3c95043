// One value of a sops document: its bytes, which the MAC covers, and its encrypted form
// `ENC[AES256_GCM,data:…,iv:…,tag:…,type:…]` (getsops/sops, aes/cipher.go).
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { SopsError } from './sops-error.ts'

/** A value as sops types it. A comment is encrypted like a value, but the MAC does not cover it. */
export type Leaf =
  | { type: 'str' | 'comment' | 'time'; value: string }
  | { type: 'int'; value: bigint }
  | { type: 'float'; value: number }
  | { type: 'bool'; value: boolean }

const IV_BYTES = 32
const TAG_BYTES = 16
const PATTERN = /^ENC\[AES256_GCM,data:([^,]+),iv:([^,]+),tag:([^,]+),type:([a-z0-9]+)\]$/

/** The text that is encrypted, and hashed into the MAC. */
export function leafText(leaf: Leaf): string {
  if (leaf.type === 'bool') return leaf.value ? 'True' : 'False'
  if (leaf.type === 'float') return withoutExponent(leaf.value)
  return String(leaf.value)
}

/** `place` binds the ciphertext to its path: keys joined and ended by colons. An empty text stays empty. */
export function encryptLeaf(leaf: Leaf, dataKey: Buffer, place: string): string {
  const text = leafText(leaf)
  if (text === '') return ''
  const iv = randomBytes(IV_BYTES)
  const cipher = createCipheriv('aes-256-gcm', dataKey, iv).setAAD(Buffer.from(place))
  const data = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]).toString('base64')
  const [ivText, tag] = [iv.toString('base64'), cipher.getAuthTag().toString('base64')]
  return `ENC[AES256_GCM,data:${data},iv:${ivText},tag:${tag},type:${leaf.type}]`
}

/** @throws SopsError `sops_tampered`, naming the place and never the value */
export function decryptLeaf(text: string, dataKey: Buffer, place: string): Leaf {
  if (text === '') return { type: 'str', value: '' }
  const [, data, iv, tag, type] = PATTERN.exec(text) ?? []
  if (data === undefined || iv === undefined || tag === undefined || type === undefined) {
    throw new SopsError('sops_tampered', `${place} should be encrypted, but is not. Edit such files with sops only.`)
  }
  return readLeaf(type, open(dataKey, { data, iv, tag }, place), place)
}

function open(dataKey: Buffer, { data, iv, tag }: { data: string; iv: string; tag: string }, place: string): string {
  try {
    const decipher = createDecipheriv('aes-256-gcm', dataKey, Buffer.from(iv, 'base64'), { authTagLength: TAG_BYTES })
    decipher.setAAD(Buffer.from(place)).setAuthTag(Buffer.from(tag, 'base64'))
    return Buffer.concat([decipher.update(data, 'base64'), decipher.final()]).toString('utf8')
  } catch (cause) {
    const message = `${place} does not decrypt: it was changed, or moved here from elsewhere. Restore the file.`
    throw new SopsError('sops_tampered', message, { cause })
  }
}

function readLeaf(type: string, text: string, place: string): Leaf {
  switch (type) {
    case 'str':
    case 'bytes':
      return { type: 'str', value: text }
    case 'comment':
    case 'time':
      return { type, value: text }
    case 'int':
    case 'int64':
      return { type: 'int', value: BigInt(text) }
    case 'float':
      return { type: 'float', value: Number(text) }
    case 'bool':
      return { type: 'bool', value: text.toLowerCase() === 'true' }
    default:
      throw new SopsError('sops_unsupported', `${place} has the unknown type ${type}. Use a newer version.`)
  }
}

/** Go's `FormatFloat(x, 'f', -1, 64)`: the shortest digits that read back, without an exponent. */
function withoutExponent(number: number): string {
  const text = String(number)
  const [, sign = '', whole = '', fraction = '', exponent] = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(text) ?? []
  if (exponent === undefined) return text
  const point = whole.length + Number(exponent)
  const digits = whole + fraction
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`
  return sign + digits.padEnd(point, '0')
}
