// Changes values of a config in its text, so that its layout, comments and key order stay.
import type { JsonValue } from '@sluice/oauth'
import { type Document, isMap, isPair, isScalar, isSeq, parseDocument, type YAMLMap } from 'yaml'
import { parsePointer } from '../json-pointer.ts'
import { formatDocument } from './format-document.ts'
import type { DocumentFormat } from './sops-document.ts'
import { SopsError } from './sops-error.ts'

export interface DocumentEdit {
  /** Values by JSON pointer; objects above them are made where they are missing. */
  set: ReadonlyMap<string, JsonValue>
  /** JSON pointers of what is taken out. */
  remove?: readonly string[]
  /** Where the config itself stands in the document; at its root when absent. */
  base?: readonly string[]
}

/** How keys are spelled in a document that sops encrypts by the end of its keys. */
export interface KeyNaming {
  suffix: string
  is_secret(pointer: string): boolean
}

/** @param naming null: keys stand as the pointers name them */
export function editDocument(
  text: string,
  format: DocumentFormat,
  { set, remove = [], base = [] }: DocumentEdit,
  naming: KeyNaming | null = null,
): string {
  const document = parseDocument(text, { intAsBigInt: true, prettyErrors: false })
  if (document.errors[0]) throw new SopsError('sops_invalid', 'Not valid YAML or JSON. Mend the file.')
  for (const pointer of remove) document.deleteIn(spelled(document, base, pointer, naming).path)
  for (const [pointer, value] of set) setValue(document, base, pointer, value, naming)
  return formatDocument(document, format)
}

function setValue(
  document: Document,
  base: readonly string[],
  pointer: string,
  value: JsonValue,
  naming: KeyNaming | null,
): void {
  const { path, isThere } = spelled(document, base, pointer, naming)
  const suffix = !isThere && naming?.is_secret(pointer) ? naming.suffix : null
  const place = suffix === null ? path : [...path.slice(0, -1), `${path.at(-1)}${suffix}`]
  const node = document.getIn(place, true)
  // A scalar keeps its comment.
  if (isScalar(node) && (typeof value !== 'object' || value === null)) node.value = value
  else document.setIn(place, document.createNode(value))
}

/** The path of a pointer by the keys that are there, with the suffix or without. */
function spelled(document: Document, base: readonly string[], pointer: string, naming: KeyNaming | null) {
  const path: (string | number)[] = [...base]
  let node: unknown = base.length === 0 ? document.contents : document.getIn(base, true)
  let isThere = true
  for (const token of parsePointer(pointer)) {
    if (isSeq(node)) {
      path.push(Number(token))
      node = node.items[Number(token)]
      continue
    }
    const pair = isMap(node) ? pairNamed(node, [token, ...(naming ? [token + naming.suffix] : [])]) : undefined
    isThere &&= pair !== undefined
    path.push(pair === undefined ? token : String(isScalar(pair.key) ? pair.key.value : pair.key))
    node = pair?.value
  }
  return { path, isThere }
}

function pairNamed(map: YAMLMap, names: string[]) {
  return map.items.find((item) => isPair(item) && isScalar(item.key) && names.includes(String(item.key.value)))
}
