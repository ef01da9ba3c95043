import type { JsonObject } from '@sluice/connector-specs'
import type { RunEvent } from '../events/run-event.ts'
import { createTeller } from '../events/teller.ts'
import type { Launch } from '../launch.ts'
import { splitLines } from '../ndjson.ts'
import { feed, WRITING } from '../protocol/feed.ts'
import type { ValidateBinding } from '../protocol/requests.ts'
import { sentStates } from '../protocol/sent-states.ts'
import type { WireLines, WriteRequest } from '../protocol/wire.ts'
import { startRun } from '../run.ts'
import { airbyteFiles } from './files.ts'
import { airbyteListener } from './listener.ts'
import type { AirbyteStateMessage } from './messages.ts'
import { configuredStream, readResource } from './resource.ts'
import { airbyteState } from './state.ts'

/** Destinations of today refuse a catalog without these; a run does not replace an earlier generation. */
const GENERATION = { generation_id: 0, minimum_generation_id: 0, sync_id: 1 }

/**
 * Feeds a destination with records. A state that it echoes is a checkpoint: all before it is stored. Lines of an Airbyte
 * source are passed as they are; what other sources read is written as such lines.
 */
export async function* write(launch: Launch, request: WriteRequest): AsyncGenerator<RunEvent, void, void> {
  const { config, bindings, input, state = {} } = request
  const resources = bindings.map((binding) => readResource(launch, binding))
  const streams = bindings.map((binding) => ({
    ...configuredStream(readResource(launch, binding), binding),
    ...GENERATION,
  }))
  const teller = createTeller()
  const run = await startRun(launch, {
    ...teller,
    files: await airbyteFiles('write', { config, catalog: { streams } }, launch),
  })
  try {
    yield { type: 'opened' }
    const listener = airbyteListener(run, launch, config)
    const bound = bindings.map((binding, index) => ({ ...binding, resource_path: resources[index]?.path ?? [] }))
    const own = airbyteState(state, bound, resources)
    const sent = sentStates(state)
    const names = resources.map(({ stream, namespace }) => ({ name: stream, ...(namespace && { namespace }) }))
    const leftOut = new Set<string>()
    let foreign = false

    yield* feed(run, teller, input, {
      begin: () => '',
      encode(event) {
        if (event.type === 'wire') return linesFor(event)
        if (event.type === 'document') {
          foreign = true
          const { name: stream, namespace } = names[event.binding] ?? { name: '' }
          return line({
            type: 'RECORD',
            record: { stream, ...(namespace && { namespace }), data: event.document, emitted_at: Date.now() },
          })
        }
        if (event.type !== 'checkpoint' || !foreign) return null
        return line({
          type: 'STATE',
          state: {
            type: 'GLOBAL',
            global: { shared_state: { checkpoint: sent.send(event.state) }, stream_states: [] },
          },
        })
      },
      end: () => (foreign ? names.map((descriptor) => line(completed(descriptor))).join('') : ''),
      *hear(lines) {
        for (const heard of splitLines(lines)) {
          const answer = listener.hear(heard)
          if (answer?.type === 'STATE') {
            if (foreign) {
              yield sent.echoed(checkpointOf(answer.body))
            } else {
              own.take(answer.body)
              yield { type: 'checkpoint', state: { updated: own.current(), merge_patch: false } }
            }
          } else if (answer && answer.type !== 'TRACE' && !leftOut.has(answer.type)) {
            // Some tell what they would write, or repeat what they were given.
            leftOut.add(answer.type)
            run.log('warn', `Messages ${answer.type} are left out, because a destination has none to tell.`)
          }
        }
      },
      judge: (exit) => listener.judge(exit, WRITING),
    })
    await run.stop()
    yield* teller.told()
    yield { type: 'done', reason: 'exited' }
  } catch (error) {
    yield* teller.told()
    throw error
  } finally {
    await run.stop()
  }
}

function linesFor({ protocol, lines }: WireLines): Buffer {
  if (protocol === 'airbyte') return lines
  throw new TypeError(`Lines of ${protocol} were given to an Airbyte destination.`)
}

function checkpointOf({ global }: AirbyteStateMessage): unknown {
  return global?.shared_state?.checkpoint
}

function completed(stream_descriptor: JsonObject): JsonObject {
  const stream_status = { stream_descriptor, status: 'COMPLETE' }
  return { type: 'TRACE', trace: { type: 'STREAM_STATUS', emitted_at: Date.now(), stream_status } }
}

function line(message: JsonObject): string {
  return `${JSON.stringify(message)}\n`
}

/** The resource of a destination that takes a collection: the stream is named like the collection's last part. */
export function resourceFor({ collection }: ValidateBinding): JsonObject {
  return { stream: collection.name.split('/').at(-1) ?? collection.name, syncMode: 'full_refresh' }
}
