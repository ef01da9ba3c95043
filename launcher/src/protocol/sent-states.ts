// A destination echoes the states that it has stored everything up to. States of another protocol's source are given
// to it as numbers.
import type { JsonObject } from '@sluice/connector-specs'
import { foldState } from '../events/fold-state.ts'
import type { RunEvent, StateUpdate } from '../events/run-event.ts'
import { OutputFault } from '../output-fault.ts'

/** A destination that echoes none of them keeps so many; the oldest are let go first. */
const MAXIMUM = 1_000

export interface SentStates {
  /** Numbers a checkpoint of the source. */
  send(update: StateUpdate): number
  /** The checkpoint that an echoed number stands for. @throws OutputFault when it was not sent */
  echoed(number: unknown): Extract<RunEvent, { type: 'checkpoint' }>
}

/** @param from what the source started from */
export function sentStates(from: JsonObject): SentStates {
  const held = new Map<number, JsonObject>()
  let state = from
  let last = 0
  return {
    send(update) {
      state = foldState(state, update)
      last += 1
      held.set(last, state)
      const [oldest] = held.keys()
      if (held.size > MAXIMUM && oldest !== undefined) held.delete(oldest)
      return last
    },
    echoed(number) {
      const updated = typeof number === 'number' ? held.get(number) : undefined
      if (!updated) throw new OutputFault('echoed a state that it was not given. Mend the connector.')
      for (const earlier of held.keys()) if (earlier < Number(number)) held.delete(earlier)
      return { type: 'checkpoint', state: { updated, merge_patch: false } }
    },
  }
}
