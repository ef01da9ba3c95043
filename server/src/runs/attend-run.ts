// One attempt from its claim to its end: it shows signs of life, ends when somebody wants it to, and leaves the run over
// or queued for another attempt.
import type { UpdateObject } from 'kysely'
import { findConnection } from '../connections/connection.ts'
import type { Database, RunStatus } from '../database/schema.ts'
import { emitEvent } from '../events/emit-event.ts'
import type { Services } from '../services.ts'
import { executeRun } from './execute-run.ts'
import { takeOverLeft } from './open-runtime.ts'
import { runErrorFrom, workerLost } from './run-error.ts'
import { appendRunEvents, createRunTeller, type NewRunEvent, type RunTeller } from './run-events.ts'
import { extendLease, HEARTBEAT_MS, type HeldRun, RunLeaseLost, writeHeld } from './run-lease.ts'
import type { RunError, RunOutcome } from './run-outcome.ts'
import { openOutcome, sealOutcome } from './run-record.ts'
import { openRequest } from './run-request.ts'

export interface Attending {
  /** Aborted by the server's stop, by the run's deadline, and by `cancel`. */
  signal: AbortSignal
  cancel(): void
  /** The pause after a first failure; it doubles. Milliseconds. */
  retry_ms: number
}

/** Why a run was ended from outside. */
export class RunCancelled extends Error {
  override readonly name = 'RunCancelled'
}

const RECORD_EVERY = 5
const LONGEST_PAUSE_MS = 10 * 60 * 1000

/** Never fails for what the run does. @throws what keeps its end from being recorded; the lease then runs out */
export async function attendRun(services: Services, held: HeldRun, attending: Attending): Promise<void> {
  const { run } = held
  const earlier = await openOutcome(services.keys, run)
  const outcome: RunOutcome = { ...earlier, steps: [], error: null }
  const teller = createRunTeller(services, held)
  const leaseLost = new AbortController()
  let beats = 0
  const heartbeat = setInterval(() => {
    beats += 1
    beat(services, held, attending, beats % RECORD_EVERY === 0 ? outcome : null).catch((error) => {
      if (error instanceof RunLeaseLost) leaseLost.abort(error)
    })
  }, HEARTBEAT_MS)
  const signal = AbortSignal.any([attending.signal, leaseLost.signal])
  try {
    const error = await attempt(services, { held, outcome, teller, signal })
    if (leaseLost.signal.aborted) return
    await teller.close()
    if (error === null) await end(services, held, outcome, 'succeeded')
    else await endBadly(services, held, { ...outcome, error }, { ...attending, signal })
  } catch (error) {
    if (!(error instanceof RunLeaseLost)) throw error
  } finally {
    clearInterval(heartbeat)
    services.run_watch.wake(run.id)
  }
}

/** What the attempt failed by; null: it did not. */
async function attempt(
  services: Services,
  { held, outcome, teller, signal }: { held: HeldRun; outcome: RunOutcome; teller: RunTeller; signal: AbortSignal },
): Promise<RunError | null> {
  const { run } = held
  if (run.cancel_requested_at !== null) return runErrorFrom(new RunCancelled(), cancelled(), services.log)
  if (held.abandoned && run.attempt > run.max_attempts) return workerLost
  // Its refresh token may be spent by the connector of the server that died, on this machine.
  if (held.abandoned) await takeOverLeft(services).catch(() => {})
  const find = async (id: string) => await findConnection(services, run.tenant_id, id)
  try {
    teller.tell(statusEvent('running', { attempt: run.attempt }))
    await executeRun(services, {
      held,
      request: await openRequest(services.keys, run),
      connection: await find(run.connection_id),
      target: run.target_connection_id === null ? null : await find(run.target_connection_id),
      outcome,
      teller,
      signal,
      record: () => record(services, held, outcome, teller.take()),
    })
    return null
  } catch (error) {
    if (error instanceof RunLeaseLost) throw error
    for (const step of outcome.steps) if (step.status === 'running') step.status = 'failed'
    return runErrorFrom(error, signal, services.log)
  }
}

function cancelled(): AbortSignal {
  return AbortSignal.abort(new RunCancelled())
}

async function beat(
  services: Services,
  held: HeldRun,
  attending: Attending,
  outcome: RunOutcome | null,
): Promise<void> {
  const { cancel_requested } = await extendLease(services, held)
  if (cancel_requested) attending.cancel()
  if (outcome !== null) await record(services, held, outcome, [])
}

async function record(
  services: Services,
  held: HeldRun,
  outcome: RunOutcome,
  events: readonly NewRunEvent[],
): Promise<void> {
  const outcome_sealed = await sealOutcome(services.keys, held.run, outcome)
  await services.db.transaction().execute(async (tx) => {
    await writeHeld(tx, held, { outcome_sealed })
    await appendRunEvents(services, tx, held.run, events)
  })
  services.run_watch.wake(held.run.id)
}

async function endBadly(
  services: Services,
  held: HeldRun,
  outcome: RunOutcome & { error: RunError },
  { signal, retry_ms }: Attending,
): Promise<void> {
  const { run } = held
  const { error } = outcome
  if (signal.reason instanceof RunCancelled || error.code === 'cancelled') {
    return await end(services, held, outcome, 'cancelled')
  }
  if (error.verdict !== 'transient' || run.attempt >= run.max_attempts) {
    return await end(services, held, outcome, 'failed')
  }
  const pause = Math.min(retry_ms * 2 ** (run.attempt - 1), LONGEST_PAUSE_MS) * (0.8 + 0.4 * Math.random())
  const due_at = new Date(Date.now() + pause)
  await write(services, held, outcome, {
    values: { status: 'queued', due_at, lease_owner: null, lease_until: null, error_code: error.code },
    event: statusEvent('queued', { attempt: run.attempt, code: error.code, retry_at: due_at.toISOString() }),
  })
  await services.queue.send('runs.take', {}, { at: due_at, key: run.id })
}

async function end(
  services: Services,
  held: HeldRun,
  outcome: RunOutcome,
  status: Exclude<RunStatus, 'queued' | 'running'>,
): Promise<void> {
  const { error } = outcome
  await write(services, held, outcome, {
    values: { status, finished_at: services.now(), error_code: error?.code ?? null },
    event: statusEvent(status, {
      attempt: held.run.attempt,
      ...(error && { code: error.code, verdict: error.verdict, message: error.message }),
    }),
  })
  const { operation, created_at } = held.run
  services.metrics.countRun(operation, status, (services.now().getTime() - created_at.getTime()) / 1000)
}

async function write(
  services: Services,
  held: HeldRun,
  outcome: RunOutcome,
  { values, event }: { values: UpdateObject<Database, 'runs'>; event: NewRunEvent },
): Promise<void> {
  const { run } = held
  const { error, document_count } = outcome
  const outcome_sealed = await sealOutcome(services.keys, run, outcome)
  const isOver = values.status !== 'queued'
  await services.db.transaction().execute(async (tx) => {
    await writeHeld(tx, held, { ...values, outcome_sealed, document_count })
    await appendRunEvents(services, tx, run, [event])
    const data = { run_id: run.id, connection_id: run.connection_id, operation: run.operation, document_count }
    if (!isOver) return
    await emitEvent(
      tx,
      run.tenant_id,
      error === null
        ? { type: 'run.finished', data }
        : { type: 'run.failed', data: { ...data, code: error.code, verdict: error.verdict } },
    )
  })
}

export function statusEvent(status: RunStatus, more: NewRunEvent['data'] = {}): NewRunEvent {
  return { type: 'status', data: { status, ...more } }
}
