import { dataOf, type Run, type RunSummary } from '@sluice/client'
import { useState } from 'react'
import { Moment } from '../page/moment.tsx'
import { Notice } from '../page/notice.tsx'
import { StatusBadge } from '../page/status-badge.tsx'
import { useLoad } from '../page/use-load.ts'
import { RunView } from '../run/run-view.tsx'
import { type RunCalls, useRun } from '../run/use-run.ts'
import { sluice } from './console-calls.ts'
import { LoadedView } from './loaded-view.tsx'

const operations: Run['operation'][] = ['preview', 'spec', 'discover', 'validate', 'capture']

const readRun = (id: string) => dataOf(sluice.GET('/v1/runs/{id}', { params: { path: { id } } }))

function runCalls(connection_id: string, operation: Run['operation']): RunCalls {
  // To look at some documents here must not keep them from whoever reads the rest.
  const body = { connection_id, operation, ...(operation === 'capture' && { save_state: false }) }
  return {
    start: () => dataOf(sluice.POST('/v1/runs', { body })),
    read: readRun,
  }
}

interface ConnectionRunsProps {
  connectionId: string
  /** A run may have changed the connection's health. */
  onEnd?: (() => void) | undefined
}

/** Launches the connector for this connection, and shows what earlier runs did. */
export function ConnectionRuns({ connectionId, onEnd }: ConnectionRunsProps) {
  const history = useLoad(connectionId, () =>
    dataOf(sluice.GET('/v1/runs', { params: { query: { connection_id: connectionId, limit: 20 } } })),
  )
  const { run, error, busy, start } = useRun(() => {
    if (history.status !== 'loading') history.reload()
    onEnd?.()
  })
  const [chosen, setChosen] = useState<Run>()
  const [failure, setFailure] = useState<string>()
  const choose = (id: string) => readRun(id).then(setChosen, (cause: Error) => setFailure(cause.message))
  const shown = busy ? run : (chosen ?? run)
  return (
    <section aria-label="Runs">
      <h2>Runs</h2>
      <div className="buttons">
        {operations.map((operation) => (
          <button
            key={operation}
            type="button"
            className={operation === 'preview' ? 'primary' : 'quiet'}
            disabled={busy}
            onClick={() => {
              setChosen(undefined)
              setFailure(undefined)
              start(runCalls(connectionId, operation))
            }}
          >
            {operation}
          </button>
        ))}
      </div>
      {error && <Notice tone="bad">{error.message}</Notice>}
      {failure && <Notice tone="bad">{failure}</Notice>}
      {shown && (
        <div className="panel">
          <RunView key={shown.id} run={shown} />
        </div>
      )}
      <h3>History</h3>
      <LoadedView of={history}>
        {({ data }) => <RunHistory runs={data} shown={shown?.id} onChoose={choose} />}
      </LoadedView>
    </section>
  )
}

interface RunHistoryProps {
  runs: RunSummary[]
  shown: string | undefined
  onChoose: (id: string) => void
}

function RunHistory({ runs, shown, onChoose }: RunHistoryProps) {
  if (runs.length === 0) return <p className="muted">No runs yet.</p>
  return (
    <ul className="history">
      {runs.map((run) => (
        <li key={run.id}>
          <button type="button" className="row" aria-pressed={run.id === shown} onClick={() => onChoose(run.id)}>
            <StatusBadge status={run.status} />
            <code>{run.operation}</code>
            <span className="muted">
              <Moment at={run.created_at} />
            </span>
            <span className="muted end">{run.document_count > 0 && `${run.document_count} documents`}</span>
          </button>
        </li>
      ))}
    </ul>
  )
}
