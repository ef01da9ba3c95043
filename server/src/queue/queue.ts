// Jobs and schedules on the server's own Postgres (pg-boss, schema `queue`). Several processes share one queue: a job
// goes to one of them, and again to another when the first one died with it.
import { once } from 'node:events'
import type { Transaction } from 'kysely'
import { fromKysely, type JobInsert, PgBoss, type WorkOptions } from 'pg-boss'
import type { Logger } from 'pino'
import type { Database } from '../database/schema.ts'
import type { JobName, Jobs } from './jobs.ts'

export interface Job<Name extends JobName> {
  id: string
  data: Jobs[Name]
  /** How often it was tried before. */
  retries: number
  /** Aborted when the queue stops, or when the job was taken from this process. */
  signal: AbortSignal
}

export interface SendOptions {
  /** Not before this instant. */
  at?: Date
  /** While a job of this name and key waits, another one is not added. */
  key?: string
  /** The job exists if and only if this transaction commits. */
  tx?: Transaction<Database>
  /** Higher ones are taken first. */
  priority?: number
}

export interface WorkingOptions {
  /**
   * `batches`: short jobs, up to `size` (50) at once, the next ones when all have ended.
   * `slots`: long jobs, `size` (8) at once, each slot on its own.
   */
  as: 'batches' | 'slots'
  size?: number
  /** How often a failed job is tried again (default 2), with growing pauses. */
  retries?: number
  /** Pause before the first retry. Default 1. */
  retry_seconds?: number
  /** Longest pause between retries. */
  retry_max_seconds?: number
  /** After so long a job counts as failed whatever it does. Default 15 minutes. */
  expire_seconds?: number
  /** A job whose process says nothing for so long is taken up by another one; 10 at least, the default. */
  heartbeat_seconds?: number
}

export interface Queue {
  /** Adds a job. Resolves when it is durable, or with `tx` when it is part of the transaction. */
  send<Name extends JobName>(name: Name, data: Jobs[Name], options?: SendOptions): Promise<void>
  /** Adds many in one statement. */
  sendAll<Name extends JobName>(name: Name, jobs: { data: Jobs[Name]; at?: Date; key?: string }[]): Promise<void>
  /** Sends a job by a cron expression (UTC, a minute at least), from one process however many there are. */
  schedule<Name extends JobName>(name: Name, cron: string, data: Jobs[Name]): Promise<void>
  /** Has this process do the jobs of a name. A handler that throws has its job tried again. */
  work<Name extends JobName>(
    name: Name,
    options: WorkingOptions,
    handle: (job: Job<Name>) => Promise<void>,
  ): Promise<void>
  /** Takes no more jobs, aborts the signals of those at work, and waits for their end. */
  stop(): Promise<void>
}

export const QUEUE_SCHEMA = 'queue'

/** A handler that does not heed its signal is left behind after so long, its job to another process. */
const STOP_MS = 10_000
/** Jobs that ended are kept this long, for the operator who asks what happened. */
const KEPT_SECONDS = 24 * 60 * 60

/** `url` as `connectDatabase` takes it. The schema must be there (`installQueue`). */
export async function startQueue({ url, log }: { url: string; log: Logger }): Promise<Queue> {
  const boss = new PgBoss({
    connectionString: url,
    schema: QUEUE_SCHEMA,
    application_name: 'sluice queue',
    max: 4,
    migrate: false,
    useListenNotify: true,
    notifyHeartbeatIntervalMs: 5000,
    superviseIntervalSeconds: 5,
    monitorIntervalSeconds: 10,
  })
  // Its errors may quote a statement or a job: the log gets their kind.
  boss.on('error', (error) => log.warn({ error_name: error.name }, 'the queue has trouble; it goes on trying'))
  boss.on('warning', ({ message }) => log.warn({ warning: message }, 'the queue warns'))
  await boss.start()

  const stopping = new AbortController()
  const working = new Set<JobName>()
  const made = new Map<JobName, Promise<void>>()

  const ensureQueue = (name: JobName, options: Partial<WorkingOptions> = {}) => {
    const known = made.get(name)
    if (known !== undefined) return known
    const making = boss.createQueue(name, { ...queueOptions(options), policy: 'short', notify: true })
    made.set(name, making)
    making.catch(() => made.delete(name))
    return making
  }

  return {
    async send(name, data, { at, key, tx, priority } = {}) {
      await ensureQueue(name)
      await boss.send(name, data, {
        ...(at && { startAfter: at }),
        singletonKey: key ?? crypto.randomUUID(),
        ...(priority !== undefined && { priority }),
        ...(tx && { db: fromKysely(tx) }),
      })
    },

    async sendAll(name, jobs) {
      await ensureQueue(name)
      const rows = jobs.map(
        ({ data, at, key }): JobInsert => ({
          data,
          ...(at && { startAfter: at }),
          singletonKey: key ?? crypto.randomUUID(),
        }),
      )
      await boss.insert(name, rows, { returnId: false })
    },

    async schedule(name, cron, data) {
      await ensureQueue(name)
      await boss.schedule(name, cron, data, { tz: 'UTC', singletonKey: 'schedule' })
    },

    async work(name, options, handle) {
      await ensureQueue(name, options)
      await boss.updateQueue(name, queueOptions(options))
      working.add(name)
      await boss.work<Jobs[typeof name]>(name, workOptions(options), async (jobs) =>
        Promise.all(
          jobs.map(async ({ id, data, retryCount, signal }) => {
            try {
              await handle({ id, data, retries: retryCount, signal: AbortSignal.any([signal, stopping.signal]) })
              return { id, status: 'completed' as const }
            } catch (error) {
              const error_name = error instanceof Error ? error.name : typeof error
              log.warn({ job: name, job_id: id, error_name }, 'a job failed')
              return { id, status: 'failed' as const, output: { error_name } }
            }
          }),
        ),
      )
    },

    async stop() {
      stopping.abort(new Error('The server stops.'))
      const patience = AbortSignal.timeout(STOP_MS)
      const ended = Promise.all([...working].map((name) => boss.offWork(name, { wait: true })))
      await Promise.race([ended, once(patience, 'abort')])
      await boss.stop({ graceful: false })
    },
  }
}

function queueOptions({ retries = 2, retry_seconds = 1, ...options }: Partial<WorkingOptions>) {
  return {
    retryLimit: retries,
    retryDelay: retry_seconds,
    retryBackoff: true,
    retryDelayMax: options.retry_max_seconds ?? 60 * 60,
    expireInSeconds: options.expire_seconds ?? 15 * 60,
    heartbeatSeconds: options.heartbeat_seconds ?? 10,
    deleteAfterSeconds: KEPT_SECONDS,
    notify: true,
  }
}

/**
 * pg-boss fetches again at once only after a full batch of more than one. A notification wakes idle workers; looking
 * every second is for jobs whose time comes later, and for slots that just got free.
 */
function workOptions({ as, size }: WorkingOptions): WorkOptions & { perJobResults: true } {
  const looking = { pollingIntervalSeconds: 1, notifyPollingIntervalSeconds: 1, perJobResults: true } as const
  return as === 'batches'
    ? { ...looking, batchSize: size ?? 50, burstWhenBatchFull: true }
    : { ...looking, batchSize: 1, localConcurrency: size ?? 8 }
}
