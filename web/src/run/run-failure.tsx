import type { Run } from '@sluice/client'
import { Notice } from '../page/notice.tsx'

type RunError = NonNullable<Run['error']>

const verdicts: Record<RunError['verdict'], string> = {
  transient: 'Trying again may help',
  reauthorize: 'The person must authorize again',
  integration_broken: 'The integration needs attention',
  connector_broken: 'The connector needs attention',
  disabled: 'The connection is switched off',
}

/** Why a run failed, whose turn it is, and what the connector said last. */
export function RunFailure({ error }: { error: RunError }) {
  return (
    <Notice tone="bad" title={error.message}>
      <p>{error.next_action}</p>
      <p className="muted">
        {verdicts[error.verdict]} <code>{error.code}</code>
      </p>
      {error.stderr !== '' && (
        <details>
          <summary>What the connector said</summary>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so it must be reachable by keyboard */}
          <pre tabIndex={0}>{error.stderr}</pre>
        </details>
      )}
    </Notice>
  )
}
