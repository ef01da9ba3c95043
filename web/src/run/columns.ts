type Document = Record<string, unknown>

const MOST_COLUMNS = 8

/** The columns that tell most about documents: their keys in order of appearance, plain values first, none of `_meta`. */
export function columnsOf(documents: readonly Document[]): string[] {
  const keys = [...new Set(documents.flatMap((document) => Object.keys(document)))].filter(
    (key) => !key.startsWith('_'),
  )
  const isPlain = (key: string) =>
    documents.every((document) => typeof document[key] !== 'object' || document[key] === null)
  return [...keys.filter(isPlain), ...keys.filter((key) => !isPlain(key))].slice(0, MOST_COLUMNS)
}

/** A value as one line of text; what holds more stays readable in the whole document. */
export function cellText(value: unknown): string {
  if (value === undefined || value === null) return '–'
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value)
  return text.length > 60 ? `${text.slice(0, 59)}…` : text
}
