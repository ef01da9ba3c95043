// What a checkpoint makes true: the documents before it count, and the next run goes on from its state. One transaction,
// which holds for the owner of the run alone.

import type { StateUpdate } from '@sluice/launcher'
import { foldState } from '@sluice/launcher'
import type { JsonObject } from '@sluice/oauth'
import type { Services } from '../services.ts'
import { type KeptState, loadState, saveState } from './connection-state.ts'
import type { RunWork } from './execute-run.ts'
import { appendRunEvents } from './run-events.ts'
import { writeHeld } from './run-lease.ts'
import { sealOutcome } from './run-record.ts'

const PROGRESS_MS = 1_000

export interface Checkpoints {
  /** What the reading starts from. */
  state: JsonObject
  /** Whether the stored state moves. */
  keeps: boolean
  /** Documents that the run has committed, earlier attempts included. */
  committed(): number
  /** Counts documents that came. */
  count(documents: number): void
  /** Null for an end without a state of its own. */
  commit(update: StateUpdate | null, written: { outcome_changed: boolean; document_bytes?: number }): Promise<void>
}

export async function followCheckpoints(services: Services, work: RunWork): Promise<Checkpoints> {
  const { held, request, outcome, teller } = work
  const { run } = held
  const { tenant_id, connection_id, binding_set } = run
  const keeps = request.save_state && !request.dry_run && binding_set !== null
  const key = { tenant_id, connection_id, binding_set: binding_set ?? '' }
  let kept: KeptState | null = keeps || resumes(work) ? await loadState(services, key) : null
  const isFirst = run.document_count === 0
  // A given state is where the first attempt starts; later ones go on from what it reached.
  let state = request.state !== null && (isFirst || !keeps) ? request.state : (kept?.state ?? {})
  let committed = run.document_count
  let came = 0
  let told = 0

  return {
    state,
    keeps,
    committed: () => committed,
    count(documents) {
      came += documents
    },
    async commit(update, { outcome_changed, document_bytes }) {
      if (update !== null) state = foldState(state, update)
      committed += came
      came = 0
      outcome.document_count = committed
      if (performance.now() - told > PROGRESS_MS) {
        told = performance.now()
        teller.tell(progressOf(committed, document_bytes ?? null))
      }
      const outcome_sealed = outcome_changed ? await sealOutcome(services.keys, run, outcome) : undefined
      const next = await services.db.transaction().execute(async (tx) => {
        await writeHeld(tx, held, {
          document_count: committed,
          ...(document_bytes !== undefined && { document_bytes }),
          ...(outcome_sealed && { outcome_sealed }),
        })
        await appendRunEvents(services, tx, run, teller.take())
        if (!keeps || kept === null || update === null) return kept
        return await saveState(services, tx, key, { kept, state, run_id: run.id })
      })
      kept = next
      services.run_watch.wake(run.id)
    },
  }
}

export function progressOf(documents: number, bytes: number | null) {
  return { type: 'progress' as const, data: { documents, bytes } }
}

/** A dry run reads what a real one would. */
function resumes({ held, request }: RunWork): boolean {
  return held.run.binding_set !== null && request.state === null
}
