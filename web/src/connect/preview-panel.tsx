import { CopyBlock } from '../page/copy-button.tsx'
import { Notice } from '../page/notice.tsx'
import { previewCommand } from '../run/curl-command.ts'
import { RunView } from '../run/run-view.tsx'
import { useRun } from '../run/use-run.ts'
import { previewCalls } from './connect-calls.ts'

/** Launches the connector with the new connection, to see that data comes through. */
export function PreviewPanel({ token, connectionId }: { token: string; connectionId: string }) {
  const { run, error, busy, start } = useRun()
  return (
    <section className="preview" aria-label="Sample">
      <h2>See that data comes through</h2>
      <p className="muted">Launches the connector with this connection and reads its first documents.</p>
      <button type="button" className="primary" disabled={busy} onClick={() => start(previewCalls(token))}>
        {busy ? 'Reading …' : run ? 'Read again' : 'Read a sample'}
      </button>
      {error && <Notice tone="bad">{error.message}</Notice>}
      {run && <RunView run={run} />}
      <details className="by-api" open>
        <summary>The same by API</summary>
        <CopyBlock text={previewCommand(location.origin, connectionId)} label="curl command" />
      </details>
    </section>
  )
}
