import type { Run } from '@sluice/client'

export function RunLogs({ logs }: { logs: Run['logs'] }) {
  return (
    <details className="logs">
      <summary>
        Log <span className="muted">{logs.length === 1 ? '1 line' : `${logs.length} lines`}</span>
      </summary>
      <ol>
        {logs.map((log, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: lines have no id and are only ever added
          <li key={index} className={log.level}>
            <time dateTime={log.at}>{log.at.slice(11, 19)}</time> <b>{log.level}</b> {log.message}
          </li>
        ))}
      </ol>
    </details>
  )
}
