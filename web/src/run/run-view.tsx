import type { Run } from '@sluice/client'
import { Documents } from './documents.tsx'
import { RunFailure } from './run-failure.tsx'
import { RunLogs } from './run-logs.tsx'
import { RunSteps } from './run-steps.tsx'

/** A run as it goes on, and what it yielded. */
export function RunView({ run }: { run: Run }) {
  return (
    <div className="run">
      <RunSteps run={run} />
      {run.error && <RunFailure error={run.error} />}
      {run.documents.length > 0 && <Documents run={run} />}
      {run.status === 'succeeded' && run.documents.length === 0 && reads(run) && (
        <p className="muted">The connector read no documents: there may be none for these settings yet.</p>
      )}
      {run.logs.length > 0 && <RunLogs logs={run.logs} />}
    </div>
  )
}

const reads = ({ operation }: Run) => operation === 'preview' || operation === 'capture'
