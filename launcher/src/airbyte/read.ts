import type { RunEvent, StreamStatus } from '../events/run-event.ts'
import { createTeller } from '../events/teller.ts'
import type { Launch } from '../launch.ts'
import { splitLines } from '../ndjson.ts'
import { OutputFault } from '../output-fault.ts'
import { cutWire } from '../protocol/cut-wire.ts'
import { followReading, READING } from '../protocol/follow-reading.ts'
import { recordPrefixes } from '../protocol/record-prefixes.ts'
import type { CaptureRequest } from '../protocol/requests.ts'
import type { WireEvent, WireLines } from '../protocol/wire.ts'
import { type Run, startRun } from '../run.ts'
import { airbyteFiles } from './files.ts'
import { type AirbyteAnswer, type AirbyteListener, airbyteListener } from './listener.ts'
import { type AirbyteResource, configuredStream, readResource } from './resource.ts'
import { type AirbyteState, airbyteState } from './state.ts'

const RECORD_PREFIX =
  /^\{\s*"type"\s*:\s*"RECORD"\s*,\s*"record"\s*:\s*\{\s*"stream"\s*:\s*"[^"\\]*"\s*,\s*"data"\s*:\s*\{/

/**
 * Reads the bindings' streams. Each record is a document with `_meta: {op, row_id}`; each STATE a checkpoint that holds
 * the whole state; and one more checkpoint follows when all has succeeded, by Airbyte's four conditions: exit 0, no
 * TRACE ERROR, no failed status, every stream complete where the connector tells of that at all.
 */
export async function* read(launch: Launch, request: CaptureRequest): AsyncGenerator<RunEvent, void, void> {
  yield* start(
    launch,
    request,
    ({ listener, resources, state }) =>
      function* (lines) {
        for (const line of splitLines(lines)) {
          const answer = listener.hear(line)
          const event = answer && eventOf(answer, resources, state)
          if (event) yield event
        }
      },
  )
}

/** The same, its records as lines that were not parsed; STATE and stream statuses stand among them. */
export async function* readWire(launch: Launch, request: CaptureRequest): AsyncGenerator<WireEvent, void, void> {
  const prefixes = recordPrefixes(RECORD_PREFIX)
  yield* start<WireEvent>(launch, request, ({ listener, resources, state }) => {
    const names = new Set(resources.map(({ stream }) => stream))
    return (lines) =>
      cutWire('airbyte', lines, prefixes, (line) => {
        const answer = listener.hear(line)
        if (!answer) return { keep: false, documents: 0, event: null }
        if (answer.type === 'RECORD') {
          requireAsked(resources, answer.stream, answer.namespace)
          // A namespace may follow the payload, so that it cannot be told apart by how the line begins.
          if (names.size === resources.length) prefixes.learn(line)
          return { keep: true, documents: 1, event: null }
        }
        const event = asideOf(answer, resources, state)
        return { keep: event?.type !== 'metric', documents: 0, event }
      })
  })
}

type Aside = Exclude<RunEvent, { type: 'document' | 'schema' | 'activate_version' }>

interface Source {
  listener: AirbyteListener
  resources: AirbyteResource[]
  state: AirbyteState
}

async function* start<E extends RunEvent | WireLines>(
  launch: Launch,
  request: CaptureRequest,
  hearing: (source: Source) => (lines: Buffer) => Iterable<E>,
): AsyncGenerator<E | Aside, void, void> {
  const resources = request.bindings.map((binding) => readResource(launch, binding))
  const state = airbyteState(request.state, request.bindings, resources)
  const streams = request.bindings.map((binding) => configuredStream(readResource(launch, binding), binding))
  const files = await airbyteFiles(
    'read',
    { config: request.config, catalog: { streams }, state: state.file() },
    launch,
  )
  const teller = createTeller()
  const run = await startRun(launch, { ...teller, files })
  try {
    run.endInput()
    yield { type: 'opened' }
    const listener = airbyteListener(run, launch, request.config)
    const heard = hearing({ listener, resources, state })
    const statuses = new Map<number, StreamStatus>()
    const hear = function* (lines: Buffer) {
      for (const event of heard(lines)) {
        if (event.type === 'progress') statuses.set(event.binding, event.status)
        yield event
      }
    }
    const reason = yield* followReading<E | Aside>(run, teller, request, {
      hear,
      async *finish(exit, rest) {
        yield* hear(rest)
        await listener.judge(exit, READING)
        await requireComplete(run, statuses, resources)
        yield { type: 'checkpoint', state: { updated: state.current(), merge_patch: false } }
      },
    })
    await run.stop()
    yield* teller.told()
    yield { type: 'done', reason }
  } catch (error) {
    yield* teller.told()
    throw error
  } finally {
    await run.stop()
  }
}

function eventOf(answer: AirbyteAnswer, resources: readonly AirbyteResource[], state: AirbyteState): RunEvent | null {
  if (answer.type !== 'RECORD') return asideOf(answer, resources, state)
  const binding = requireAsked(resources, answer.stream, answer.namespace)
  const _meta = { op: 'u', row_id: state.nextRow(binding) }
  return { type: 'document', binding, document: { ...answer.data, _meta } }
}

function asideOf(
  answer: Exclude<AirbyteAnswer, { type: 'RECORD' }>,
  resources: readonly AirbyteResource[],
  state: AirbyteState,
): Aside | null {
  switch (answer.type) {
    case 'STATE':
      state.take(answer.body)
      return { type: 'checkpoint', state: { updated: state.current(), merge_patch: false } }
    case 'TRACE': {
      const { stream_status, estimate } = answer.body
      if (stream_status) {
        const { name, namespace } = stream_status.stream_descriptor
        const binding = bindingOf(resources, name, namespace ?? null)
        const status = STATUSES[stream_status.status]
        return binding === -1 ? null : { type: 'progress', binding, status }
      }
      if (typeof estimate?.row_estimate !== 'number') return null
      const tags: Record<string, string> = estimate.name ? { stream: estimate.name } : {}
      return { type: 'metric', name: 'row_estimate', kind: 'estimate', value: estimate.row_estimate, tags }
    }
    default:
      throw new OutputFault(`printed a ${answer.type} message while reading. Mend it.`)
  }
}

const STATUSES = { STARTED: 'started', RUNNING: 'running', COMPLETE: 'complete', INCOMPLETE: 'incomplete' } as const

function requireAsked(resources: readonly AirbyteResource[], stream: string, namespace: string | null): number {
  const binding = bindingOf(resources, stream, namespace)
  if (binding !== -1) return binding
  throw new OutputFault(`printed a record of the stream ${stream}, which it was not asked for. Mend it.`)
}

function bindingOf(resources: readonly AirbyteResource[], stream: string, namespace: string | null): number {
  return resources.findIndex(
    (resource) => resource.stream === stream && (resource.namespace ?? '') === (namespace ?? ''),
  )
}

/** Connectors that tell of no status are taken at their exit. */
async function requireComplete(
  run: Run,
  statuses: ReadonlyMap<number, StreamStatus>,
  resources: readonly AirbyteResource[],
): Promise<void> {
  if (statuses.size === 0) return
  const open = resources.filter((_, index) => statuses.get(index) !== 'complete').map(({ stream }) => stream)
  if (open.length === 0) return
  throw await run.fail(
    'incomplete',
    `exited with 0 but did not complete ${open.join(', ')}. Look at its log; start it again to go on from its last state.`,
    { exit_code: 0 },
  )
}
