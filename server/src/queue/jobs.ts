/**
 * Every kind of job with its data. A job names rows and carries nothing secret: the queue's tables are not sealed.
 * A new kind is one line here and one `services.queue.work(…)`.
 */
export interface Jobs {
  'expired.sweep': Record<string, never>
  'connections.forecast': Record<string, never>
  'keys.rotate': Record<string, never>
  /** There is a run to take up; its row says which. */
  'runs.take': Record<string, never>
}

export type JobName = keyof Jobs
