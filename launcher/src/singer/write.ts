import type { JsonObject } from '@sluice/connector-specs'
import type { RunEvent } from '../events/run-event.ts'
import { createTeller } from '../events/teller.ts'
import type { Launch } from '../launch.ts'
import { splitLines } from '../ndjson.ts'
import { OutputFault } from '../output-fault.ts'
import { feed, WRITING } from '../protocol/feed.ts'
import type { ValidateBinding } from '../protocol/requests.ts'
import { sentStates } from '../protocol/sent-states.ts'
import type { WireLines, WriteRequest } from '../protocol/wire.ts'
import { readJsonLine } from '../read-json-line.ts'
import { readEntry } from './catalog.ts'
import { startSinger } from './start-singer.ts'
import { singerState } from './state.ts'

/**
 * Feeds a target with messages. A state that it prints is a checkpoint: all before it is stored. Lines of a tap are
 * passed as they are; what other sources read is written as such lines.
 */
export async function* write(launch: Launch, request: WriteRequest): AsyncGenerator<RunEvent, void, void> {
  const { name, config, bindings, input, state = {} } = request
  const entries = bindings.map((binding) => readEntry(name, binding))
  const streams = entries.map(({ stream, tap_stream_id }) => stream ?? tap_stream_id)
  const bound = bindings.map((binding, index) => ({ ...binding, resource_path: [entries[index]?.tap_stream_id ?? ''] }))
  const own = singerState(state, bound, entries)
  const sent = sentStates(state)
  const declared = new Set<number>()
  let foreign = false
  const teller = createTeller()
  const run = await startSinger(launch, { config }, teller.listener)

  const schema = (binding: number, of?: JsonObject): string => {
    const { collection } = bindings[binding] ?? {}
    declared.add(binding)
    return line({
      type: 'SCHEMA',
      stream: streams[binding] ?? '',
      schema: of ?? collection?.schema ?? {},
      key_properties: (collection?.key ?? []).filter(isShallow).map((pointer) => unescapeToken(pointer.slice(1))),
    })
  }

  try {
    yield { type: 'opened' }
    yield* feed(run, teller, input, {
      begin: () => '',
      encode(event) {
        const stream = 'binding' in event ? (streams[event.binding] ?? '') : ''
        switch (event.type) {
          case 'wire':
            return linesFor(event)
          case 'schema':
            foreign = true
            return schema(event.binding, event.schema)
          case 'document':
            foreign = true
            return `${declared.has(event.binding) ? '' : schema(event.binding)}${line({ type: 'RECORD', stream, record: event.document })}`
          case 'activate_version':
            return line({ type: 'ACTIVATE_VERSION', stream, version: event.version })
          case 'checkpoint':
            return foreign ? line({ type: 'STATE', value: { checkpoint: sent.send(event.state) } }) : null
          default:
            return null
        }
      },
      end: () => '',
      *hear(lines) {
        for (const heard of splitLines(lines)) {
          if (heard.length === 0) continue
          const value = readJsonLine(heard)
          if (typeof value === 'string') {
            run.log('info', value)
          } else if (foreign) {
            yield sent.echoed(value.checkpoint)
          } else {
            own.take(value)
            yield { type: 'checkpoint', state: { updated: own.current(), merge_patch: false } }
          }
        }
      },
      judge: (exit) => run.judge(exit, WRITING),
    })
    await run.stop()
    yield* teller.told()
    yield { type: 'done', reason: 'exited' }
  } catch (error) {
    await run.stop()
    yield* teller.told()
    throw error
  } finally {
    await run.stop()
  }
}

function linesFor({ protocol, lines }: WireLines): Buffer {
  if (protocol === 'singer') return lines
  throw new OutputFault(`was to be given lines of ${protocol}. Feed it with documents.`)
}

function line(message: JsonObject): string {
  return `${JSON.stringify(message)}\n`
}

/** Targets know keys of the document's own fields only. */
function isShallow(pointer: string): boolean {
  return pointer.lastIndexOf('/') === 0
}

function unescapeToken(token: string): string {
  return token.replaceAll('~1', '/').replaceAll('~0', '~')
}

/** The resource of a target that takes a collection: the stream is named like the collection's last part. */
export function resourceFor({ collection }: ValidateBinding): JsonObject {
  return { tap_stream_id: collection.name.split('/').at(-1) ?? collection.name }
}
