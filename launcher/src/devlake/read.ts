import type { JsonObject } from '@sluice/connector-specs'
import type { DoneReason, RunEvent } from '../events/run-event.ts'
import { createTeller } from '../events/teller.ts'
import { DEFAULT_LIMITS, type Launch } from '../launch.ts'
import { createBound } from '../protocol/bound.ts'
import type { CaptureRequest } from '../protocol/requests.ts'
import { callPlugin, type PluginCall } from './call-plugin.ts'
import { connectionOf, type PlannedSubtask, planOf } from './operations.ts'
import { progress } from './plugin-info.ts'
import { readScope, type Scope } from './resource.ts'

const DURING = 'collecting'

/**
 * Collects, extracts and converts each binding's scope on a database of its own, and yields the rows of the domain
 * layer. The plugin keeps its state in that database, which is gone afterwards: every run reads from the beginning, and
 * each binding is committed when it is complete.
 */
export async function* read(launch: Launch, request: CaptureRequest): AsyncGenerator<RunEvent, void, void> {
  const scopes = request.bindings.map((binding) => readScope(request.name, binding))
  yield { type: 'opened' }
  yield { type: 'done', reason: yield* readScopes(launch, request, scopes) }
}

async function* readScopes(
  launch: Launch,
  request: CaptureRequest,
  scopes: readonly Scope[],
): AsyncGenerator<RunEvent, DoneReason, void> {
  const bound = createBound(request, { ...DEFAULT_LIMITS, ...launch.limits })
  for (const [binding, scope] of scopes.entries()) {
    yield { type: 'progress', binding, status: 'started' }
    const subtasks = await planOf(launch, request.config, [scope])
    const calls = subtasks.map((subtask) => callOf(subtask, request.config, scope))
    const teller = createTeller()
    for await (const event of callPlugin(
      launch,
      { calls, rows: true, during: DURING, idle_ms: bound.idle_ms },
      teller,
    )) {
      if ('type' in event) yield event
      else if (event.kind === 'result') yield progressOf(event.result, subtasks[event.call])
      else {
        yield { type: 'document', binding, document: { _meta: { table: event.table }, ...event.row } }
        const reason = bound.reached({ type: 'document' })
        if (reason) return reason
      }
    }
    yield { type: 'progress', binding, status: 'complete' }
    yield { type: 'checkpoint', state: { updated: {}, merge_patch: true } }
    const reason = bound.reached({ type: 'checkpoint' })
    if (reason) return reason
  }
  return 'exited'
}

function callOf({ method, stream }: PlannedSubtask, config: JsonObject, { scope, scope_config }: Scope): PluginCall {
  return {
    method,
    arguments: (db_url) => [
      { db_url, scope, connection: connectionOf(config), scope_config: scope_config ?? {}, options: {} },
      stream,
    ],
  }
}

function progressOf(result: unknown, subtask: PlannedSubtask | undefined): RunEvent {
  const { increment = 0 } = progress.safeParse(result).data ?? {}
  const tags = { method: subtask?.method ?? '', stream: subtask?.stream ?? '' }
  return { type: 'metric', name: 'records', kind: 'counter', value: increment, tags }
}
