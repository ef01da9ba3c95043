import type { JsonObject } from '@sluice/connector-specs'
import { failureOf } from '../events/follow-output.ts'
import type { RunEvent } from '../events/run-event.ts'
import { createTeller } from '../events/teller.ts'
import type { Launch } from '../launch.ts'
import { splitLines } from '../ndjson.ts'
import { OutputFault } from '../output-fault.ts'
import { cutWire } from '../protocol/cut-wire.ts'
import { followReading, READING } from '../protocol/follow-reading.ts'
import { recordPrefixes } from '../protocol/record-prefixes.ts'
import type { CaptureRequest } from '../protocol/requests.ts'
import { ROW_ID_POINTER } from '../protocol/row-id.ts'
import type { WireEvent, WireLines } from '../protocol/wire.ts'
import { readJsonLine } from '../read-json-line.ts'
import type { Run } from '../run.ts'
import { type CatalogEntry, readEntry, selectEntry } from './catalog.ts'
import { readSingerMessage, type SingerBatch, type SingerMessage } from './messages.ts'
import { readBatch } from './read-batch.ts'
import { startSinger } from './start-singer.ts'
import { type SingerState, singerState } from './state.ts'

const RECORD_PREFIX = /^\{\s*"type"\s*:\s*"RECORD"\s*,\s*"stream"\s*:\s*"[^"\\]*"\s*,\s*"record"\s*:\s*\{/

/**
 * Reads the bindings' streams. Each STATE is a checkpoint that holds the whole state; one more follows when the tap has
 * exited with 0. A document of a collection without a key of its own is numbered in `_meta.row_id`.
 */
export async function* read(launch: Launch, request: CaptureRequest): AsyncGenerator<RunEvent, void, void> {
  const { max_documents = Number.POSITIVE_INFINITY } = request
  let documents = 0
  for await (const event of start<RunEvent>(launch, request, documentsOf)) {
    if (event.type === 'document') documents += 1
    if (event.type !== 'batch') yield event
    else {
      for await (const record of event.records()) {
        if (documents >= max_documents) break
        documents += 1
        yield event.document(record)
      }
    }
  }
}

/** The same, its records as lines that were not parsed; SCHEMA, STATE and ACTIVATE_VERSION stand among them. */
export async function* readWire(launch: Launch, request: CaptureRequest): AsyncGenerator<WireEvent, void, void> {
  for await (const event of start<WireEvent>(launch, request, linesOf)) {
    if (event.type !== 'batch') yield event
    // The files of a batch are out of a target's reach.
    else for await (const record of event.records()) yield recordLine(event.stream, record)
  }
}

/** Documents that lie in files; they are read when the taker comes to them. */
interface Batch {
  type: 'batch'
  /** How much it counts for the bounds of a reading, before it is read. */
  documents: 1
  stream: string
  records(): AsyncIterable<JsonObject>
  document(record: JsonObject): RunEvent
}

type Data = Extract<RunEvent, { type: 'document' | 'schema' | 'activate_version' }>
type Aside = Exclude<RunEvent, Data>

/** What a message comes to: data for who stores it, or what is told beside. */
interface Hearing {
  hear(line: Buffer): Data | Batch | Extract<RunEvent, { type: 'checkpoint' }> | null
  /** Whether the last line was a message of Singer's. */
  wasMessage(): boolean
}

async function* start<E extends RunEvent | WireLines>(
  launch: Launch,
  request: CaptureRequest,
  hearing: (hearing: Hearing) => (lines: Buffer) => Iterable<E | Batch>,
): AsyncGenerator<E | Batch | Aside, void, void> {
  const entries = request.bindings.map((binding) => readEntry(request.name, binding))
  const state = singerState(request.state, request.bindings, entries)
  const catalog = { streams: entries.map(selectEntry) }
  const teller = createTeller()
  const run = await startSinger(launch, { config: request.config, catalog, state: state.file() }, teller.listener)
  try {
    run.endInput()
    yield { type: 'opened' }
    const hear = hearing(createHearing(run, request, entries, state))
    const reason = yield* followReading<E | Batch | Aside>(run, teller, request, {
      hear,
      async *finish(exit, rest) {
        await run.judge(exit, READING)
        yield* hear(rest)
        yield checkpoint(state)
      },
    })
    await run.stop()
    yield* teller.told()
    yield { type: 'done', reason }
  } catch (error) {
    // Ended here, so that a config that was rewritten to the last is told of too.
    await run.stop()
    yield* teller.told()
    throw error
  } finally {
    await run.stop()
  }
}

function documentsOf({ hear }: Hearing) {
  return function* (lines: Buffer) {
    for (const line of splitLines(lines)) {
      const event = hear(line)
      if (event) yield event
    }
  }
}

function linesOf({ hear, wasMessage }: Hearing) {
  const prefixes = recordPrefixes(RECORD_PREFIX)
  return (lines: Buffer) =>
    cutWire<WireEvent | Batch>('singer', lines, prefixes, (line) => {
      const event = hear(line)
      if (event?.type === 'batch') return { keep: false, documents: 0, event }
      if (event?.type !== 'document') {
        return { keep: wasMessage(), documents: 0, event: event?.type === 'checkpoint' ? event : null }
      }
      prefixes.learn(line)
      return { keep: true, documents: 1, event: null }
    })
}

function createHearing(
  run: Run,
  request: CaptureRequest,
  entries: readonly CatalogEntry[],
  state: SingerState,
): Hearing {
  const declared = new Map<string, string>()
  const bindings = bindingsByStream(entries)
  let message: SingerMessage | null = null

  const asked = (stream: string, what: string): number => {
    const binding = bindings.get(stream)
    if (binding === undefined) {
      throw new OutputFault(`printed ${what} of the stream ${stream}, which it was not asked for. Mend it.`)
    }
    if (!declared.has(stream))
      throw new OutputFault(`printed ${what} of the stream ${stream} before its schema. Mend it.`)
    return binding
  }
  const document = (binding: number, record: JsonObject): Data => ({
    type: 'document',
    binding,
    document: numbered(record, request, state, binding),
  })

  return {
    wasMessage: () => message !== null && message.type !== 'UNKNOWN',
    hear(line) {
      const value = readJsonLine(line)
      message = typeof value === 'string' ? null : readSingerMessage(value)
      if (!message) {
        if (line.length > 0) run.log('info', line.toString('utf8'))
        return null
      }
      switch (message.type) {
        case 'RECORD':
          return document(asked(message.stream, 'a record'), message.record)
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
        case 'BATCH': {
          const binding = asked(message.stream, 'a batch')
          return batchOf(run, message, (record) => document(binding, record))
        }
        case 'UNKNOWN':
          run.log('warn', `A message of the unknown type ${message.name} was left out.`)
          return null
      }
    },
  }
}

function batchOf(run: Run, batch: SingerBatch, document: Batch['document']): Batch {
  return {
    type: 'batch',
    documents: 1,
    stream: batch.stream,
    document,
    async *records() {
      try {
        for (const address of batch.manifest) yield* await readBatch(run, batch, address)
      } catch (error) {
        throw await failureOf(run, error)
      }
    },
  }
}

function recordLine(stream: string, record: JsonObject): WireLines {
  const lines = Buffer.from(`${JSON.stringify({ type: 'RECORD', stream, record })}\n`)
  return { type: 'wire', protocol: 'singer', lines, documents: 1 }
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

function checkpoint(state: SingerState): Extract<RunEvent, { type: 'checkpoint' }> {
  return { type: 'checkpoint', state: { updated: state.current(), merge_patch: false } }
}
