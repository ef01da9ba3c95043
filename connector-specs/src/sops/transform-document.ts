// Walks the values of a YAML or JSON document in its order, as sops does, and replaces them in place, so that layout
// and key order stay.
import { type Document, isAlias, isMap, isScalar, isSeq, type Scalar, type YAMLMap } from 'yaml'
import type { Leaf } from './leaf.ts'
import { SopsError } from './sops-error.ts'

export interface Visit {
  /** The keys above the value; positions in lists do not count. */
  path: string[]
  leaf: Leaf
  /** The value as it is written, where the leaf says it otherwise: a time in clear. */
  written: string | null
}

/** What stands in a value's place afterwards. */
export type Visitor = (visit: Visit) => Leaf

/** @throws SopsError `sops_unsupported` at aliases, keys that are no strings, and numbers that YAML readers dispute */
export function transformDocument(document: Document, visit: Visitor): void {
  const { contents } = document
  if (!isMap(contents)) throw new SopsError('sops_invalid', 'An encrypted config must be an object with fields.')
  transformMap(contents, [], visit)
}

function transformMap(map: YAMLMap, path: string[], visit: Visitor): void {
  transformComments(map, path, visit)
  for (const pair of map.items) {
    const key = isScalar(pair.key) ? pair.key.value : pair.key
    if (typeof key !== 'string') {
      throw new SopsError('sops_unsupported', `${placeOf(path)} has a key that is no text. Quote it.`)
    }
    if (isScalar(pair.key)) transformComments(pair.key, path, visit)
    transformNode(pair.value, [...path, key], path, visit)
  }
}

function transformNode(node: unknown, path: string[], commentPath: string[], visit: Visitor): void {
  if (isMap(node)) transformMap(node, path, visit)
  if (isSeq(node)) {
    transformComments(node, path, visit)
    for (const item of node.items) transformNode(item, path, path, visit)
  }
  if (isAlias(node)) {
    throw new SopsError('sops_unsupported', `${placeOf(path)} is a YAML alias. Write the value out.`)
  }
  if (isScalar(node)) {
    transformComments(node, commentPath, visit)
    transformScalar(node, path, visit)
  }
}

function transformScalar(node: Scalar, path: string[], visit: Visitor): void {
  const leaf = leafOf(node, path)
  if (leaf === null) return
  const changed = visit({ path, leaf, written: leaf.type === 'time' ? String(node.value) : null })
  if (changed === leaf) return
  node.value = changed.value
  delete node.source
  delete node.format
  delete node.minFractionDigits
  // A text that reads like a time is one to sops unless it is quoted.
  node.type = changed.type === 'str' && TIMESTAMP.test(changed.value) ? 'QUOTE_DOUBLE' : undefined
}

function transformComments(
  node: Scalar | { comment?: string | null; commentBefore?: string | null },
  path: string[],
  visit: Visitor,
) {
  const transform = (comment: string) =>
    comment
      .split('\n')
      .map((line) =>
        line === '' ? '' : String(visit({ path, leaf: { type: 'comment', value: line }, written: null }).value),
      )
      .join('\n')
  if (node.commentBefore) node.commentBefore = transform(node.commentBefore)
  if (node.comment) node.comment = transform(node.comment)
}

// go-yaml's timestamps (yaml.v3 resolve.go).
const TIMESTAMP =
  /^\d{4}-\d{1,2}-\d{1,2}(?:(?:[Tt]|[ \t]+)\d{1,2}:\d{1,2}:\d{1,2}(?:\.\d+)?[ \t]*(?:Z|[+-]\d{2}:\d{2})?)?$/
// 0755 is octal to some YAML readers, 1_000 a number to some and a text to others.
const DISPUTED_NUMBER = /^[-+]?(?:0\d+|\d[\d_]*_[\d_]*)$/

function leafOf(node: Scalar, path: string[]): Leaf | null {
  const { value } = node
  if (value === null || value === undefined) return null
  const plain = node.type === 'PLAIN'
  if (plain && node.source !== undefined && DISPUTED_NUMBER.test(node.source)) {
    throw new SopsError('sops_unsupported', `${placeOf(path)} is a number that YAML readers disagree about. Quote it.`)
  }
  if (typeof value === 'bigint') return { type: 'int', value }
  if (typeof value === 'number') return { type: 'float', value }
  if (typeof value === 'boolean') return { type: 'bool', value }
  if (typeof value !== 'string') {
    throw new SopsError('sops_unsupported', `${placeOf(path)} has a type that cannot be encrypted.`)
  }
  return plain && TIMESTAMP.test(value) ? { type: 'time', value: rfc3339(value) } : { type: 'str', value }
}

/** As Go marshals a time: no trailing zeros in the fraction, `Z` for UTC. */
function rfc3339(text: string): string {
  const [date = '', time = '00:00:00'] = text.split(/[Tt]|[ \t]+/)
  const day = date
    .split('-')
    .map((part) => part.padStart(2, '0'))
    .join('-')
  const [, clock = '', fraction = '', zone = ''] = /^([\d:]+)(\.\d+)?[ \t]*(Z|[+-][\d:]+)?$/.exec(time) ?? []
  const padded = clock
    .split(':')
    .map((part) => part.padStart(2, '0'))
    .join(':')
  return `${day}T${padded}${fraction.replace(/\.?0+$/, '')}${zone === '' || zone === '+00:00' ? 'Z' : zone}`
}

export function placeOf(path: readonly string[]): string {
  return path.length === 0 ? 'the document' : path.join('.')
}
