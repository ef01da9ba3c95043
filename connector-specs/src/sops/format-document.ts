import { type Document, isMap, isScalar, isSeq } from 'yaml'
import type { DocumentFormat } from './sops-document.ts'

/** The document as text. JSON is indented by tabs, as sops writes it, with its numbers' digits as they are. */
export function formatDocument(document: Document, format: DocumentFormat): string {
  return format === 'yaml' ? document.toString({ lineWidth: 0 }) : `${formatNode(document.contents, '')}\n`
}

function formatNode(node: unknown, indent: string): string {
  const inner = `${indent}\t`
  if (isMap(node)) {
    const fields = node.items.map(({ key, value }) => {
      const name = isScalar(key) ? key.value : key
      return `${inner}${JSON.stringify(String(name))}: ${formatNode(value, inner)}`
    })
    return fields.length === 0 ? '{}' : `{\n${fields.join(',\n')}\n${indent}}`
  }
  if (isSeq(node)) {
    const items = node.items.map((item) => inner + formatNode(item, inner))
    return items.length === 0 ? '[]' : `[\n${items.join(',\n')}\n${indent}]`
  }
  const value = isScalar(node) ? node.value : node
  return typeof value === 'bigint' ? String(value) : JSON.stringify(value ?? null)
}
