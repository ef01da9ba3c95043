/** A moment in the reader's own time zone, with the exact one for programs. */
export function Moment({ at }: { at: string }) {
  const text = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' }).format(new Date(at))
  return <time dateTime={at}>{text}</time>
}

/** How far away a moment is: `in 28 minutes`, `2 days ago`. */
export function relativeTime(at: string, now: Date): string {
  const seconds = (new Date(at).getTime() - now.getTime()) / 1000
  const [unit, size] = units.find(([, size]) => Math.abs(seconds) >= size) ?? (['second', 1] as const)
  return new Intl.RelativeTimeFormat('en', { numeric: 'auto' }).format(Math.trunc(seconds / size), unit)
}

const units = [
  ['day', 86400],
  ['hour', 3600],
  ['minute', 60],
] as const
