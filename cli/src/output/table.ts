import { stripVTControlCharacters } from 'node:util'
import { printable } from '../printable.ts'
import type { Style } from '../terminal.ts'

export interface Column<Row> {
  title: string
  of(row: Row): string | number | null | undefined
  style?(row: Row): Style | null
}

export type Paint = (style: Style, text: string) => string

/** The lines of a table, its titles first; columns are as wide as their widest cell. */
export function tableLines<Row>(columns: readonly Column<Row>[], rows: readonly Row[], paint: Paint): string[] {
  const cells = rows.map((row) => columns.map((column) => cellOf(column, row, paint)))
  const titles = columns.map(({ title }) => paint('dim', title))
  const widths = columns.map((_, index) => Math.max(...[titles, ...cells].map((line) => width(line[index]))))
  return [titles, ...cells].map((line) =>
    line
      .map((cell, index) => cell + ' '.repeat((widths[index] ?? 0) - width(cell)))
      .join('  ')
      .trimEnd(),
  )
}

function cellOf<Row>(column: Column<Row>, row: Row, paint: Paint): string {
  const text = printable(String(column.of(row) ?? '–'))
  const style = column.style?.(row) ?? null
  return style === null ? text : paint(style, text)
}

function width(cell: string | undefined): number {
  return [...stripVTControlCharacters(cell ?? '')].length
}
