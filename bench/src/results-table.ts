import type { Result } from './result.ts'

const HEADINGS = ['id', 'value', 'unit', 'ratio', 'to', 'aim', 'holds']

/** The rows as an aligned text table. */
export function resultsTable(results: readonly Result[]): string {
  const lines = [HEADINGS, ...results.map(cells)]
  const widths = HEADINGS.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)))
  return lines
    .map((line) => line.map((cell, column) => pad(cell, widths[column] ?? 0, column === 1 || column === 3)).join('  '))
    .map((line) => `${line.trimEnd()}\n`)
    .join('')
}

function cells({ id, value, unit, ratio, reference, aim, holds }: Result): string[] {
  const verdict = holds === null ? '' : holds ? 'yes' : 'NO'
  return [id, value.toLocaleString('en'), unit, ratio?.toFixed(3) ?? '', reference ?? '', aim ?? '', verdict]
}

function pad(cell: string, width: number, right: boolean): string {
  return right ? cell.padStart(width) : cell.padEnd(width)
}
