// Runs connectors in this process. A run outlives the request that started it; its worker extends the run's lease while
// it lives, so that a run whose server was killed is seen to be dead.
import type { ConnectionRow } from '../connections/connection.ts'
import { emitEvent } from '../events/emit-event.ts'
import { Problem } from '../http/problem.ts'
import type { Services } from '../services.ts'
import { executeRun } from './execute-run.ts'
import { runErrorFrom } from './run-error.ts'
import { emptyOutcome, type RunOutcome } from './run-outcome.ts'
import { RUN_LEASE_SECONDS, type RunRow, sealOutcome } from './run-record.ts'

export interface RunLimits {
  /** A preview is waited for by a person. */
  preview_ms: number
  /** A capture here keeps documents; it does not replicate a source. */
  run_ms: number
  /** Each run is a process or two; too many at once would starve the server beside them. */
  at_once: number
}

const LIMITS: RunLimits = { preview_ms: 2 * 60 * 1000, run_ms: 15 * 60 * 1000, at_once: 16 }

export interface RunWorker {
  /** @throws Problem 503 `too_many_runs` */
  requireRoom(): void
  start(run: RunRow, connection: ConnectionRow, maxDocuments: number): void
  /** Waits for a run of this process to end, `milliseconds` at most. */
  settled(id: string, milliseconds: number): Promise<void>
  /** Ends every run with the error `server_stopped`. */
  stop(): Promise<void>
}

export function createRunWorker(services: () => Services, given: Partial<RunLimits> = {}): RunWorker {
  const limits = { ...LIMITS, ...given }
  const active = new Map<string, Promise<void>>()
  const stopping = new AbortController()

  return {
    requireRoom() {
      if (active.size < limits.at_once) return
      throw new Problem(503, 'too_many_runs', `${limits.at_once} runs are active here. Try again when one has ended.`)
    },
    start(run, connection, maxDocuments) {
      const deadline = AbortSignal.timeout(run.operation === 'preview' ? limits.preview_ms : limits.run_ms)
      const signal = AbortSignal.any([stopping.signal, deadline])
      const work = attend(services(), run, connection, maxDocuments, signal)
        .catch((error) =>
          services().log.error({ run_id: run.id, error_name: nameOf(error) }, 'run could not be recorded'),
        )
        .finally(() => active.delete(run.id))
      active.set(run.id, work)
    },
    async settled(id, milliseconds) {
      const work = active.get(id)
      if (work === undefined || milliseconds === 0) return
      const timeUp = Promise.withResolvers<void>()
      const timer = setTimeout(timeUp.resolve, milliseconds)
      await Promise.race([work, timeUp.promise])
      clearTimeout(timer)
    },
    async stop() {
      stopping.abort()
      await Promise.all(active.values())
    },
  }
}

async function attend(
  services: Services,
  run: RunRow,
  connection: ConnectionRow,
  maxDocuments: number,
  signal: AbortSignal,
): Promise<void> {
  const outcome = emptyOutcome()
  const heartbeat = setInterval(() => void record(services, run, outcome).catch(() => {}), RUN_LEASE_SECONDS * 333)
  try {
    await executeRun(services, { run, connection, max_documents: maxDocuments, outcome, signal }, () =>
      record(services, run, outcome),
    )
  } catch (error) {
    outcome.error = runErrorFrom(error, signal, services.log)
    for (const step of outcome.steps) if (step.status === 'running') step.status = 'failed'
  } finally {
    clearInterval(heartbeat)
  }
  await finish(services, run, outcome)
}

async function record({ db, keys, now }: Services, run: RunRow, outcome: RunOutcome): Promise<void> {
  await db
    .updateTable('runs')
    .set({
      outcome_sealed: await sealOutcome(keys, run, outcome),
      document_count: outcome.document_count,
      lease_until: new Date(now().getTime() + RUN_LEASE_SECONDS * 1000),
    })
    .where('tenant_id', '=', run.tenant_id)
    .where('id', '=', run.id)
    .where('status', '=', 'running')
    .execute()
}

async function finish({ db, keys, now }: Services, run: RunRow, outcome: RunOutcome): Promise<void> {
  const outcome_sealed = await sealOutcome(keys, run, outcome)
  const { error, document_count } = outcome
  await db.transaction().execute(async (tx) => {
    await tx
      .updateTable('runs')
      .set({
        status: error === null ? 'succeeded' : 'failed',
        outcome_sealed,
        document_count,
        error_code: error?.code ?? null,
        finished_at: now(),
      })
      .where('tenant_id', '=', run.tenant_id)
      .where('id', '=', run.id)
      .execute()
    const data = { run_id: run.id, connection_id: run.connection_id, operation: run.operation, document_count }
    await emitEvent(
      tx,
      run.tenant_id,
      error === null
        ? { type: 'run.finished', data }
        : { type: 'run.failed', data: { ...data, code: error.code, verdict: error.verdict } },
    )
  })
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : typeof error
}
