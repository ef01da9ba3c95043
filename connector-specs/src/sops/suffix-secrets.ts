import { isMap, isPair, isScalar, isSeq, type Pair, parseDocument } from 'yaml'
import { formatDocument } from './format-document.ts'
import type { DocumentFormat } from './sops-document.ts'
import { SopsError } from './sops-error.ts'

/**
 * Gives the keys at the pointers (RFC 6901) the suffix by which they will be encrypted. Keys that have it already, and
 * values in lists of which every element is a field of its own, are left alone.
 *
 * @throws SopsError `sops_unsupported` for a secret that is an element of a list, because sops goes by keys
 */
export function suffixSecrets(
  text: string,
  format: DocumentFormat,
  pointers: readonly string[],
  suffix: string,
): string {
  const document = parseDocument(text, { intAsBigInt: true, prettyErrors: false })
  for (const pointer of pointers) {
    const tokens = pointer
      .split('/')
      .slice(1)
      .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'))
    const pair = pairAt(document.contents, tokens)
    if (pair === null) {
      const message = `${pointer} is secret and an element of a list. Encrypt the whole document: --all.`
      throw new SopsError('sops_unsupported', message)
    }
    if (isScalar(pair.key) && typeof pair.key.value === 'string' && !pair.key.value.endsWith(suffix)) {
      pair.key.value += suffix
    }
  }
  return formatDocument(document, format)
}

function pairAt(contents: unknown, tokens: string[]): Pair | null {
  let node = contents
  let pair: Pair | null = null
  for (const token of tokens) {
    if (isSeq(node)) {
      node = node.items[Number(token)]
      pair = null
      continue
    }
    const found = isMap(node)
      ? node.items.find((item) => isPair(item) && isScalar(item.key) && item.key.value === token)
      : undefined
    if (found === undefined) return null
    pair = found
    node = found.value
  }
  return pair
}
