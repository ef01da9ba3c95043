// A pipe into a materialization keeps two states as one: how far the source was read, and what the destination's connector
// wants to be told when it is opened again. Where the destination keeps the checkpoint, the source's state is in it.
import { isJsonObject, type JsonObject } from '@sluice/connector-specs'
import { ConnectorError } from '../../connector-error.ts'

const DESTINATION = '$destination'

export interface KeptState {
  source: JsonObject
  destination: JsonObject
}

export function splitState({ [DESTINATION]: destination, ...source }: JsonObject): KeptState {
  return { source, destination: isJsonObject(destination) ? destination : {} }
}

export function joinState({ source, destination }: KeptState): JsonObject {
  return Object.keys(destination).length === 0 ? source : { ...source, [DESTINATION]: destination }
}

/** Flow's runtime checkpoint: connectors keep it as it is. It names the task, so that none takes up another one's. */
export function runtimeCheckpoint(task: string, source: JsonObject): JsonObject {
  return { ackIntents: { [intentOf(task)]: Buffer.from(JSON.stringify(source)).toString('base64') } }
}

/**
 * The source's state of a checkpoint that the destination kept; `{}` for one of nothing, which is the beginning.
 *
 * @throws ConnectorError `unsuitable` when somebody else wrote it
 */
export function sourceOf(task: string, checkpoint: JsonObject): JsonObject {
  const { sources, ackIntents, explicitZero } = checkpoint
  const isEmpty = [sources, ackIntents].every((part) => !isJsonObject(part) || Object.keys(part).length === 0)
  if (isEmpty || explicitZero === true) return {}
  const kept = isJsonObject(ackIntents) ? ackIntents[intentOf(task)] : undefined
  const state = typeof kept === 'string' ? parse(Buffer.from(kept, 'base64').toString()) : null
  if (isJsonObject(state)) return state
  const what = 'The destination keeps a checkpoint that somebody else wrote, so two would feed the same place.'
  throw new ConnectorError('unsuitable', `${what} Give these bindings another one.`)
}

function intentOf(task: string): string {
  return `sluice/${task}`
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
