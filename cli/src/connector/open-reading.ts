import type { JsonObject } from '@sluice/connector-specs'
import { type CaptureRequest, foldState, offered, type StateUpdate } from '@sluice/launcher'
import type { Terminal } from '../terminal.ts'
import { collectionsOf, type PreparedTask } from './prepare-task.ts'
import { readState, writeState } from './state-file.ts'

export interface StateChoice {
  /** The file of a state to go on from. */
  state?: string | undefined
  /** The file that the last state is written to. */
  saveState?: string | undefined
}

export interface Reading {
  /** What is asked of the connector, with the state as it is by now. */
  request(): CaptureRequest
  /** The collection's name of a binding. */
  collection(binding: number): string
  /** Takes a checkpoint in. */
  commit(update: StateUpdate): void
}

/** Discovers and validates, and makes ready what a connector is asked to read. The state is saved when the command ends. */
export async function openReading(prepared: PreparedTask, choice: StateChoice, terminal: Terminal): Promise<Reading> {
  const { protocol, launch, task } = prepared
  let state: JsonObject = await readState(choice.state)
  const found = await offered(protocol, 'discover')(launch, prepared.config)
  const bindings = collectionsOf(prepared, found)
  const validated = await offered(protocol, 'validate')(launch, { name: task.name, config: prepared.config, bindings })
  const bound = bindings.map((binding, index) => ({ ...binding, ...(validated[index] ?? { resource_path: [] }) }))
  const { saveState } = choice
  if (saveState !== undefined) terminal.atEnd(() => writeState(saveState, state))
  return {
    request: () => ({ name: task.name, config: prepared.config, bindings: bound, state }),
    collection: (binding) => bindings[binding]?.collection.name ?? '',
    commit(update) {
      state = foldState(state, update)
    },
  }
}

/**
 * Aborts when the time is over, or the command must end.
 *
 * @returns the signal, and whether it was the time
 */
export function timeLimit(milliseconds: number | undefined, { signal }: Terminal) {
  if (milliseconds === undefined) return { signal, isOver: () => false }
  const time = AbortSignal.timeout(milliseconds)
  return { signal: AbortSignal.any([signal, time]), isOver: () => time.aborted && !signal.aborted }
}
