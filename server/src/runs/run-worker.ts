// Takes up runs that are due and runs their connectors in this process. A run's row is its place in the queue; a job says
// that there is one, to one process of all. What nobody took, or whose worker died, is looked for besides.
import type { ProgramLimits } from '@sluice/launcher'
import { Problem } from '../http/problem.ts'
import type { Services } from '../services.ts'
import { attendRun, RunCancelled } from './attend-run.ts'
import { claimRun, type HeldRun } from './run-lease.ts'
import { createRunLeases, type RunLeases } from './run-leases.ts'
import { findRun, isOver } from './run-record.ts'

export interface RunLimits {
  /** A preview is waited for by a person. */
  preview_ms: number
  run_ms: number
  /** Each run is a process or two; too many at once would starve the server beside them. */
  at_once: number
  /** Runs of one tenant at once, on all processes. */
  at_once_per_tenant: number
  /** Runs of one tenant that may wait. */
  waiting_per_tenant: number
  /** How long a capture that never ends by itself may be silent until it is over. */
  idle_ms: number
  /** The pause before a second attempt; it doubles. */
  retry_ms: number
  /** Where documents go that are to be kept whole. */
  documents_directory: string
  /** What each program may use. */
  resources: ProgramLimits
}

export const RUN_LIMITS: Omit<RunLimits, 'documents_directory'> = {
  preview_ms: 2 * 60 * 1000,
  run_ms: 6 * 60 * 60 * 1000,
  at_once: 16,
  at_once_per_tenant: 8,
  waiting_per_tenant: 1000,
  idle_ms: 30_000,
  retry_ms: 5_000,
  resources: {},
}

export interface RunWorker {
  limits: RunLimits
  leases: RunLeases
  /** Begins to take up runs. */
  begin(): Promise<void>
  /** Takes up what is due, as far as there is room. */
  look(): void
  /** Ends a run of this process, if it is one. */
  cancel(id: string): void
  active(): number
  /** Waits for a run to end wherever it runs, `milliseconds` at most. */
  settled(run: { id: string; tenant_id: string }, milliseconds: number): Promise<void>
  /** @throws Problem 503 `too_many_runs` */
  requireRoom(tenantId: string): Promise<void>
  /** Takes up no more, and ends those at work: what may be tried again is queued for another process. */
  stop(): Promise<void>
}

const LOOK_MS = 2_000

export function createRunWorker(services: () => Services, limits: RunLimits): RunWorker {
  const active = new Map<string, { work: Promise<void>; cancel: () => void }>()
  const stopping = new AbortController()
  const leases = createRunLeases()
  let timer: NodeJS.Timeout | undefined
  let taking: Promise<void> | null = null
  let again = false

  function look(): void {
    if (stopping.signal.aborted) return
    if (taking !== null) {
      again = true
      return
    }
    taking = take()
      .catch((error) =>
        services().log.warn({ error_name: nameOf(error) }, 'runs could not be taken up; it is tried again'),
      )
      .finally(() => {
        taking = null
        if (again) look()
      })
  }

  async function take(): Promise<void> {
    again = false
    while (active.size < limits.at_once && !stopping.signal.aborted) {
      const held = await claimRun(services(), limits)
      if (held === null) return
      start(held)
    }
  }

  function start(held: HeldRun): void {
    const { run } = held
    const deadline = AbortSignal.timeout(run.operation === 'preview' ? limits.preview_ms : limits.run_ms)
    const cancelling = new AbortController()
    const cancel = () => cancelling.abort(new RunCancelled())
    const signal = AbortSignal.any([stopping.signal, deadline, cancelling.signal])
    const work = attendRun(services(), held, { signal, cancel, retry_ms: limits.retry_ms })
      .catch((error) =>
        services().log.error({ run_id: run.id, error_name: nameOf(error) }, 'run could not be recorded'),
      )
      .finally(() => {
        active.delete(run.id)
        look()
      })
    active.set(run.id, { work, cancel })
  }

  return {
    limits,
    leases,
    look,
    async begin() {
      await services().queue.work('runs.take', { as: 'batches', retries: 0 }, async () => look())
      timer = setInterval(look, LOOK_MS)
      timer.unref()
      look()
    },
    cancel: (id) => active.get(id)?.cancel(),
    active: () => active.size,
    async requireRoom(tenantId) {
      const { waiting } = await services()
        .db.selectFrom('runs')
        .select(({ fn }) => fn.countAll<string>().as('waiting'))
        .where('tenant_id', '=', tenantId)
        .where('status', '=', 'queued')
        .executeTakeFirstOrThrow()
      if (Number(waiting) < limits.waiting_per_tenant) return
      throw new Problem(503, 'too_many_runs', `${waiting} runs wait already. Try again when some have ended.`, {
        headers: { 'retry-after': '30' },
      })
    },
    async settled({ id, tenant_id }, milliseconds) {
      const end = performance.now() + milliseconds
      const patience = new AbortController()
      while (performance.now() < end && !stopping.signal.aborted) {
        const row = await findRun(services(), tenant_id, id)
        if (isOver(row)) return
        await services().run_watch.changed(row, end - performance.now(), patience.signal)
      }
    },
    async stop() {
      clearInterval(timer)
      stopping.abort(new Error('The server stops.'))
      leases.stop()
      await taking
      await Promise.all([...active.values()].map(({ work }) => work))
    },
  }
}

/** For metrics. */
export async function countQueuedRuns({ db }: Services): Promise<number> {
  const { queued } = await db
    .selectFrom('runs')
    .select(({ fn }) => fn.countAll<string>().as('queued'))
    .where('status', '=', 'queued')
    .executeTakeFirstOrThrow()
  return Number(queued)
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : typeof error
}
