import type { Run } from '@sluice/client'
import { DocumentsTable } from './documents-table.tsx'

/** The documents that a run read, a table for each collection. */
export function Documents({ run }: { run: Run }) {
  const collections = [...new Set(run.documents.map(({ collection }) => collection))]
  return (
    <section className="documents" aria-label="Documents">
      {collections.map((collection) => (
        <DocumentsTable
          key={collection}
          collection={collection}
          documents={run.documents.filter((one) => one.collection === collection).map(({ document }) => document)}
        />
      ))}
      {run.document_count > run.documents.length && (
        <p className="muted">
          Shown are {run.documents.length} of {run.document_count} documents that the connector read.
        </p>
      )}
    </section>
  )
}
