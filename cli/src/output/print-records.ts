import { CliError } from '../cli-error.ts'
import { printable, printableJson } from '../printable.ts'
import type { Terminal } from '../terminal.ts'
import type { ListOptions, OutputOptions } from './output-options.ts'
import { type Column, tableLines } from './table.ts'

export interface Printing<Row> {
  columns: readonly Column<Row>[]
  options: OutputOptions
  terminal: Terminal
  /** What to tell where there is none. */
  nothing: string
  /** What `--json` prints of a row; the row itself unless given. */
  presented?(row: Row): unknown
}

/** Prints a table, a line of JSON for each (`--json`) or the ids (`--quiet`). */
export async function printRecords<Row extends { id: string }>(rows: readonly Row[], printing: Printing<Row>) {
  const { columns, options, terminal, nothing, presented = (row: Row) => row } = printing
  requireOneForm(options)
  if (rows.length === 0) terminal.tell(nothing)
  else if (options.json) for (const row of rows) await terminal.print(printableJson(presented(row)))
  else if (options.quiet) for (const { id } of rows) await terminal.print(printable(id))
  else for (const line of tableLines(columns, rows, terminal.paintData)) await terminal.print(line)
}

interface Page<Row> {
  data: Row[]
  next_cursor: string | null
}

const PAGE = 200

/** Reads as many pages as the limit needs, and says when there is more. */
export async function printPages<Row extends { id: string }>(
  read: (query: { limit: number; cursor?: string }) => Promise<Page<Row>>,
  printing: Omit<Printing<Row>, 'options'> & { options: ListOptions },
): Promise<void> {
  const { limit } = printing.options
  const rows: Row[] = []
  let cursor: string | null = null
  do {
    const query = { limit: Math.min(PAGE, limit - rows.length), ...(cursor !== null && { cursor }) }
    const page: Page<Row> = await read(query)
    rows.push(...page.data)
    cursor = page.next_cursor
  } while (cursor !== null && rows.length < limit)
  await printRecords(rows, printing)
  if (cursor !== null) printing.terminal.tell(`There are more; --limit ${limit * 10} shows them.`)
}

/** Prints one record: a line for each field, one line of JSON, or its id. */
export async function printRecord<Row extends { id: string }>(
  record: Row,
  options: OutputOptions,
  terminal: Terminal,
): Promise<void> {
  requireOneForm(options)
  if (options.json) return await terminal.print(printableJson(record))
  if (options.quiet) return await terminal.print(printable(record.id))
  const fields = Object.entries(record).filter(([, value]) => value !== null && value !== undefined)
  const width = Math.max(...fields.map(([name]) => name.length))
  for (const [name, value] of fields) {
    await terminal.print(`${terminal.paintData('dim', name.padEnd(width))}  ${printable(readable(value))}`)
  }
}

function readable(value: unknown): string {
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value.join(', ') || '–'
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

function requireOneForm({ json, quiet }: OutputOptions): void {
  if (json && quiet) throw new CliError('usage', '--json and --quiet are two forms of output: give one of them.')
}
