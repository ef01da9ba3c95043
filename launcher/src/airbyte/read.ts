import type { JsonObject } from '@sluice/connector-specs'
import { followOutput } from '../events/follow-output.ts'
import type { DoneReason, RunEvent, StreamStatus } from '../events/run-event.ts'
import { createTeller, type Teller } from '../events/teller.ts'
import type { Launch } from '../launch.ts'
import { splitLines } from '../ndjson.ts'
import { OutputFault } from '../output-fault.ts'
import { createBound } from '../protocol/bound.ts'
import type { CaptureRequest } from '../protocol/requests.ts'
import { type Run, startRun } from '../run.ts'
import { airbyteFiles } from './files.ts'
import { type AirbyteAnswer, type AirbyteListener, airbyteListener } from './listener.ts'
import { type AirbyteResource, configuredStream, readResource } from './resource.ts'
import { type AirbyteState, airbyteState } from './state.ts'

const DURING = 'reading'

/**
 * Reads the bindings' streams. Each record is a document with `_meta: {op, row_id}`; each STATE a checkpoint that holds
 * the whole state; and one more checkpoint follows when all has succeeded, by Airbyte's four conditions: exit 0, no
 * TRACE ERROR, no failed status, every stream complete where the connector tells of that at all.
 */
export async function* read(launch: Launch, request: CaptureRequest): AsyncGenerator<RunEvent, void, void> {
  const resources = request.bindings.map((binding) => readResource(launch, binding))
  const state = airbyteState(request.state, request.bindings, resources)
  const catalog = { streams: request.bindings.map((binding, index) => streamOf(binding, resources[index])) }
  const input = { config: request.config, catalog, state: state.file() }
  const teller = createTeller()
  let run: Run | null = null
  try {
    run = await startRun(launch, { ...teller, files: await airbyteFiles('read', input, launch) })
    run.endInput()
    yield { type: 'opened' }
    const listener = airbyteListener(run, launch, request.config)
    const reason = yield* follow(run, teller, request, { listener, resources, state })
    await run.stop()
    yield* teller.told()
    yield { type: 'done', reason }
  } catch (error) {
    yield* teller.told()
    throw error
  } finally {
    await run?.stop()
  }
}

interface Reading {
  listener: AirbyteListener
  resources: AirbyteResource[]
  state: AirbyteState
}

async function* follow(
  run: Run,
  teller: Teller,
  request: CaptureRequest,
  { listener, resources, state }: Reading,
): AsyncGenerator<RunEvent, DoneReason, void> {
  const bound = createBound(request, run.limits)
  const statuses = new Map<number, StreamStatus>()
  const hear = function* (lines: Buffer) {
    for (const line of splitLines(lines)) {
      const answer = listener.hear(line)
      const event = answer && eventOf(answer, resources, state)
      if (event?.type === 'progress') statuses.set(event.binding, event.status)
      if (event) yield event
    }
  }
  const output = followOutput(run, teller, { idle_ms: bound.idle_ms, during: DURING }, hear)
  try {
    for (;;) {
      const { done, value } = await output.next()
      if (!done) {
        yield value
        const reason = bound.reached(value)
        if (reason) return reason
      } else if (value.kind === 'silent') {
        if (bound.mayIdle()) return 'idle'
        throw await run.fail('timeout', `said nothing for ${bound.idle_ms / 1000} s while reading. Look at its log.`)
      } else {
        yield* hear(value.rest)
        await listener.judge(value.exit, DURING)
        await requireComplete(run, statuses, resources)
        yield { type: 'checkpoint', state: { updated: state.current(), merge_patch: false } }
        return 'exited'
      }
    }
  } finally {
    await output.return({ kind: 'silent' })
  }
}

function eventOf(answer: AirbyteAnswer, resources: readonly AirbyteResource[], state: AirbyteState): RunEvent | null {
  switch (answer.type) {
    case 'RECORD': {
      const binding = bindingOf(resources, answer.stream, answer.namespace)
      if (binding === -1) {
        throw new OutputFault(`printed a record of the stream ${answer.stream}, which it was not asked for. Mend it.`)
      }
      const _meta = { op: 'u', row_id: state.nextRow(binding) }
      return { type: 'document', binding, document: { ...answer.data, _meta } }
    }
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

function streamOf(binding: CaptureRequest['bindings'][number], resource: AirbyteResource | undefined): JsonObject {
  return resource ? configuredStream(resource, binding) : {}
}
