import type { JsonObject } from '@sluice/connector-specs'
import { failureOf, followOutput } from '../events/follow-output.ts'
import type { DoneReason, RunEvent } from '../events/run-event.ts'
import { createTeller, type Teller } from '../events/teller.ts'
import type { Launch } from '../launch.ts'
import { splitLines } from '../ndjson.ts'
import { OutputFault } from '../output-fault.ts'
import { createBound } from '../protocol/bound.ts'
import type { CaptureRequest } from '../protocol/requests.ts'
import { ROW_ID_POINTER } from '../protocol/row-id.ts'
import { readJsonLine } from '../read-json-line.ts'
import type { Run } from '../run.ts'
import { type CatalogEntry, readEntry, selectEntry } from './catalog.ts'
import { readSingerMessage, type SingerBatch, type SingerMessage } from './messages.ts'
import { readBatch } from './read-batch.ts'
import { startSinger } from './start-singer.ts'
import { type SingerState, singerState } from './state.ts'

const DURING = 'reading'

/**
 * Reads the bindings' streams. Each STATE is a checkpoint that holds the whole state; one more follows when the tap has
 * exited with 0. A document of a collection without a key of its own is numbered in `_meta.row_id`.
 */
export async function* read(
  launch: Launch,
  request: CaptureRequest,
  teller: Teller = createTeller(),
): AsyncGenerator<RunEvent, void, void> {
  const entries = request.bindings.map((binding) => readEntry(request.name, binding))
  const state = singerState(request.state, request.bindings, entries)
  const catalog = { streams: entries.map(selectEntry) }
  let run: Run | null = null
  try {
    run = await startSinger(launch, { config: request.config, catalog, state: state.file() }, teller.listener)
    run.endInput()
    yield { type: 'opened' }
    const reason = yield* follow(run, teller, request, { entries, state })
    await run.stop()
    yield* teller.told()
    yield { type: 'done', reason }
  } catch (error) {
    // Ended here, so that a config that was rewritten to the last is told of too.
    await run?.stop()
    yield* teller.told()
    throw error
  } finally {
    await run?.stop()
  }
}

interface Reading {
  entries: CatalogEntry[]
  state: SingerState
}

type Heard = RunEvent | { type: 'batch'; binding: number; batch: SingerBatch }

async function* follow(
  run: Run,
  teller: Teller,
  request: CaptureRequest,
  reading: Reading,
): AsyncGenerator<RunEvent, DoneReason, void> {
  const bound = createBound(request, run.limits)
  const hear = createHearing(run, request, reading)
  const output = followOutput(run, teller, { idle_ms: bound.idle_ms, during: DURING }, hear)
  try {
    for (;;) {
      const { done, value } = await output.next()
      if (!done) {
        for await (const event of value.type === 'batch' ? documentsOf(run, request, reading, value) : [value]) {
          yield event
          const reason = bound.reached(event)
          if (reason) return reason
        }
      } else if (value.kind === 'silent') {
        if (bound.mayIdle()) return 'idle'
        throw await run.fail('timeout', `said nothing for ${bound.idle_ms / 1000} s while reading. Look at its log.`)
      } else {
        await run.judge(value.exit, DURING)
        for (const event of hear(value.rest)) if (event.type !== 'batch') yield event
        yield checkpoint(reading.state)
        return 'exited'
      }
    }
  } catch (error) {
    throw await failureOf(run, error)
  } finally {
    await output.return({ kind: 'silent' })
  }
}

function createHearing(run: Run, request: CaptureRequest, { entries, state }: Reading) {
  const declared = new Map<string, string>()
  const bindings = bindingsByStream(entries)
  const asked = (stream: string, what: string): number => {
    const binding = bindings.get(stream)
    if (binding === undefined) {
      throw new OutputFault(`printed ${what} of the stream ${stream}, which it was not asked for. Mend it.`)
    }
    if (!declared.has(stream))
      throw new OutputFault(`printed ${what} of the stream ${stream} before its schema. Mend it.`)
    return binding
  }
  const eventOf = (message: SingerMessage): Heard | null => {
    switch (message.type) {
      case 'RECORD': {
        const binding = asked(message.stream, 'a record')
        return { type: 'document', binding, document: numbered(message.record, request, state, binding) }
      }
      case 'STATE':
        state.take(message.value)
        return checkpoint(state)
      case 'SCHEMA': {
        const schema = JSON.stringify(message.schema)
        const binding = bindings.get(message.stream)
        const known = declared.get(message.stream) === schema
        declared.set(message.stream, schema)
        return binding === undefined || known ? null : { type: 'schema', binding, schema: message.schema }
      }
      case 'ACTIVATE_VERSION': {
        const binding = bindings.get(message.stream)
        return binding === undefined ? null : { type: 'activate_version', binding, version: message.version }
      }
      case 'BATCH':
        return { type: 'batch', binding: asked(message.stream, 'a batch'), batch: message }
      case 'UNKNOWN':
        run.log('warn', `A message of the unknown type ${message.name} was left out.`)
        return null
    }
  }
  return function* hear(lines: Buffer): Generator<Heard> {
    for (const line of splitLines(lines)) {
      const value = readJsonLine(line)
      const message = typeof value === 'string' ? null : readSingerMessage(value)
      const event = message && eventOf(message)
      if (event) yield event
      else if (!message && line.length > 0) run.log('info', line.toString('utf8'))
    }
  }
}

async function* documentsOf(
  run: Run,
  request: CaptureRequest,
  { state }: Reading,
  { binding, batch }: Extract<Heard, { type: 'batch' }>,
): AsyncGenerator<RunEvent> {
  for (const address of batch.manifest) {
    for (const record of await readBatch(run, batch, address)) {
      yield { type: 'document', binding, document: numbered(record, request, state, binding) }
    }
  }
}

/** Messages name a stream by `stream`, which most taps spell like `tap_stream_id`. */
function bindingsByStream(entries: readonly CatalogEntry[]): ReadonlyMap<string, number> {
  return new Map([
    ...entries.map(({ tap_stream_id }, index) => [tap_stream_id, index] as const),
    ...entries.map(({ stream, tap_stream_id }, index) => [stream ?? tap_stream_id, index] as const),
  ])
}

function numbered(record: JsonObject, { bindings }: CaptureRequest, state: SingerState, binding: number): JsonObject {
  const row_id = state.nextRow(binding)
  if (!bindings[binding]?.collection.key.includes(ROW_ID_POINTER)) return record
  return { ...record, _meta: { op: 'u', row_id } }
}

function checkpoint(state: SingerState): RunEvent {
  return { type: 'checkpoint', state: { updated: state.current(), merge_patch: false } }
}
