import { Fragment, useState } from 'react'
import { cellText, columnsOf } from './columns.ts'

interface DocumentsTableProps {
  collection: string
  documents: Record<string, unknown>[]
}

/** Documents as rows; each opens to the whole document as JSON. */
export function DocumentsTable({ collection, documents }: DocumentsTableProps) {
  const [open, setOpen] = useState<ReadonlySet<number>>(new Set())
  const columns = columnsOf(documents)
  const toggle = (index: number) =>
    setOpen(new Set(open.has(index) ? [...open].filter((one) => one !== index) : [...open, index]))
  return (
    <>
      <h3>
        <code>{collection}</code> <span className="muted">{documents.length}</span>
      </h3>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so it must be reachable by keyboard */}
      <section className="scroll" tabIndex={0} aria-label={`Documents of ${collection}`}>
        <table>
          <thead>
            <tr>
              <th scope="col">
                <span className="visually-hidden">Whole document</span>
              </th>
              {columns.map((column) => (
                <th key={column} scope="col" className={classOf(documents[0]?.[column])}>
                  {column}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {documents.map((document, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: documents have no id of ours and never move
              <Fragment key={index}>
                <tr>
                  <td>
                    <button
                      type="button"
                      className="expand"
                      aria-expanded={open.has(index)}
                      aria-label={`Document ${index + 1} as JSON`}
                      onClick={() => toggle(index)}
                    />
                  </td>
                  {columns.map((column) => (
                    <td key={column} className={classOf(document[column])}>
                      {cellText(document[column])}
                    </td>
                  ))}
                </tr>
                {open.has(index) && (
                  <tr className="whole">
                    <td colSpan={columns.length + 1}>
                      <pre>{JSON.stringify(document, null, 2)}</pre>
                    </td>
                  </tr>
                )}
              </Fragment>
            ))}
          </tbody>
        </table>
      </section>
    </>
  )
}

const classOf = (value: unknown) => (typeof value === 'number' ? 'number' : undefined)
