import { isMap, isNode, isPair, isSeq, LineCounter, parseDocument } from 'yaml'
import { SpecError } from './spec-error.ts'

/** A parsed YAML (or JSON) text that still knows where each value stands. */
export interface YamlDocument {
  value: unknown
  /** `file:line:column` of the value at `path`, or of its nearest ancestor that exists. */
  placeOf(path: readonly PropertyKey[]): string
}

/** @throws SpecError `invalid_yaml` at the first syntax error, a second document, or too many aliases. */
export function parseYaml(file: string, text: string): YamlDocument {
  const lineCounter = new LineCounter()
  const document = parseDocument(text, { lineCounter, prettyErrors: false, uniqueKeys: true })
  const place = (offset: number) => {
    const { line, col } = lineCounter.linePos(offset)
    return `${file}:${line}:${col}`
  }
  const fault = document.errors[0]
  if (fault) {
    throw new SpecError('invalid_yaml', `Not valid YAML: ${fault.message}. Mend this line.`, {
      place: place(fault.pos[0]),
      cause: fault,
    })
  }
  try {
    return {
      value: document.toJS({ maxAliasCount: 100 }),
      placeOf: (path) => place(offsetOf(document.contents, path)),
    }
  } catch (cause) {
    throw new SpecError('invalid_yaml', 'The YAML repeats its anchors too often. Write the values out.', {
      place: file,
      cause,
    })
  }
}

function offsetOf(contents: unknown, path: readonly PropertyKey[]): number {
  let offset = isNode(contents) ? (contents.range?.[0] ?? 0) : 0
  let node = contents
  for (const step of path) {
    if (isMap(node)) {
      const pair = node.items.find((item) => isPair(item) && String(item.key) === String(step))
      if (!pair) return offset
      if (isNode(pair.key)) offset = pair.key.range?.[0] ?? offset
      node = pair.value
    } else if (isSeq(node)) {
      node = node.items[Number(step)]
      if (!isNode(node)) return offset
      offset = node.range?.[0] ?? offset
    } else {
      return offset
    }
  }
  return offset
}
