import { isJsonObject } from '@sluice/connector-specs'
import type { DoneReason, RunEvent } from '../events/run-event.ts'
import { createTeller } from '../events/teller.ts'
import type { Launch } from '../launch.ts'
import { createBound } from '../protocol/bound.ts'
import { type CaptureRequest, stateKey } from '../protocol/requests.ts'
import { failedWith, type Host, startHost } from './host.ts'
import { type Resource, readResource } from './operations.ts'

/**
 * Pages through the source until a page is empty. Each page is committed with its offset, so that a run that was cut
 * goes on there; a complete one begins anew the next time. As in Tightlock, a source that cannot be read at its first
 * page ends the run well with its words in the log, and fails it later.
 */
export async function* read(launch: Launch, request: CaptureRequest): AsyncGenerator<RunEvent, void, void> {
  const resources = request.bindings.map((binding) => readResource(request.name, binding))
  const teller = createTeller()
  const host = await startHost(launch, request.config, teller)
  try {
    yield { type: 'opened' }
    const reason = yield* readAll(host, request, resources)
    await host.end()
    yield* teller.told()
    yield { type: 'done', reason }
  } finally {
    await host.run.stop()
  }
}

async function* readAll(
  host: Host,
  request: CaptureRequest,
  resources: readonly Resource[],
): AsyncGenerator<RunEvent, DoneReason, void> {
  const bound = createBound(request, host.run.limits)
  for (const [binding, { name, fields, batch_size: limit }] of resources.entries()) {
    const key = request.bindings[binding]?.state_key ?? stateKey([name], request.bindings[binding]?.backfill)
    const known = isJsonObject(request.state[key]) ? request.state[key].offset : 0
    for (let offset = typeof known === 'number' ? known : 0; ; ) {
      const { answer, failure } = yield* host.ask({ ask: 'get_data', fields, offset, limit })
      if (failure?.data_in && offset === 0) {
        host.run.log('error', `The source could not be read: ${failure.message}`)
        break
      }
      if (failure) throw await failedWith(host.run, failure, `reading rows from ${offset}`)
      const rows = Array.isArray(answer) ? answer : []
      if (rows.length === 0) break
      for (const row of rows) {
        if (!isJsonObject(row)) throw await host.run.fail('protocol', 'gave a row that is no object. Mend it.')
        yield { type: 'document', binding, document: row }
        const reason = bound.reached({ type: 'document' })
        if (reason) return reason
      }
      offset += limit
      yield { type: 'checkpoint', state: { updated: { [key]: { offset } }, merge_patch: true } }
      const reason = bound.reached({ type: 'checkpoint' })
      if (reason) return reason
    }
    yield { type: 'checkpoint', state: { updated: { [key]: null }, merge_patch: true } }
  }
  return 'exited'
}
