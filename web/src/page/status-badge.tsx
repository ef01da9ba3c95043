const statuses: Record<string, { text: string; tone: string }> = {
  healthy: { text: 'Healthy', tone: 'good' },
  needs_reauthorization: { text: 'Needs reauthorization', tone: 'bad' },
  failing: { text: 'Failing', tone: 'bad' },
  queued: { text: 'Waiting', tone: 'plain' },
  running: { text: 'Running', tone: 'plain' },
  succeeded: { text: 'Succeeded', tone: 'good' },
  failed: { text: 'Failed', tone: 'bad' },
  cancelled: { text: 'Cancelled', tone: 'plain' },
}

/** How a connection or a run stands; the word carries the meaning, the colour only repeats it. */
export function StatusBadge({ status }: { status: string }) {
  const { text, tone } = statuses[status] ?? { text: status, tone: 'plain' }
  return <span className={`badge ${tone}`}>{text}</span>
}
