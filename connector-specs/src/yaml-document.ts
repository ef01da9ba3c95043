import { isMap, isNode, isPair, isSeq, LineCounter, parseDocument } from 'yaml'
import { SpecError } from './spec-error.ts'

/** A parsed YAML (or JSON) text that still knows where each value stands. */
export interface YamlDocument {
  value: unknown
  /** `file:line:column` of the value at `path`, or of its nearest ancestor that exists. */
  placeOf(path: readonly PropertyKey[]): string
  /** From there to the end of the value. */
  regionOf(path: readonly PropertyKey[]): TextRegion
}

/** Lines and columns count from 1; the end is behind the last character. */
export interface TextRegion {
  line: number
  column: number
  end_line: number
  end_column: number
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
      placeOf: (path) => place(rangeOf(document.contents, path)[0]),
      regionOf(path) {
        const [start, end] = rangeOf(document.contents, path)
        const { line, col } = lineCounter.linePos(start)
        const { line: end_line, col: end_column } = lineCounter.linePos(end)
        return { line, column: col, end_line, end_column }
      },
    }
  } catch (cause) {
    throw new SpecError('invalid_yaml', 'The YAML repeats its anchors too often. Write the values out.', {
      place: file,
      cause,
    })
  }
}

/** Offsets of the value at `path`, its key included, or of its nearest ancestor that exists. */
function rangeOf(contents: unknown, path: readonly PropertyKey[]): [start: number, end: number] {
  let range = rangeOfNodes(contents, contents, [0, 0])
  let node = contents
  for (const step of path) {
    if (isMap(node)) {
      const pair = node.items.find((item) => isPair(item) && String(item.key) === String(step))
      if (!pair) return range
      range = rangeOfNodes(pair.key, pair.value, range)
      node = pair.value
    } else if (isSeq(node)) {
      node = node.items[Number(step)]
      if (!isNode(node)) return range
      range = rangeOfNodes(node, node, range)
    } else {
      return range
    }
  }
  return range
}

function rangeOfNodes(first: unknown, last: unknown, fallback: [number, number]): [start: number, end: number] {
  const start = isNode(first) ? (first.range?.[0] ?? fallback[0]) : fallback[0]
  const end = isNode(last) ? (last.range?.[1] ?? fallback[1]) : fallback[1]
  return [start, Math.max(start, end)]
}
