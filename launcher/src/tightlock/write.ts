import type { JsonObject } from '@sluice/connector-specs'
import { z } from 'zod'
import { ConnectorError } from '../connector-error.ts'
import type { RunEvent } from '../events/run-event.ts'
import { createTeller, type ToldEvent } from '../events/teller.ts'
import type { Launch } from '../launch.ts'
import type { WriteRequest } from '../protocol/wire.ts'
import { failedWith, type Host, startHost } from './host.ts'

const runResult = z.looseObject({
  successful_hits: z.number().default(0),
  failed_hits: z.number().default(0),
  error_messages: z.array(z.string()).nullish(),
  dry_run: z.boolean().default(false),
})

/**
 * Sends documents in batches of the destination's own size. Checkpoints of the input are passed on once all that came
 * before them was sent. Hits add up as metrics, and the destination's complaints are logs.
 */
export async function* write(launch: Launch, request: WriteRequest): AsyncGenerator<RunEvent, void, void> {
  const teller = createTeller()
  const host = await startHost(launch, request.config, teller)
  try {
    const size = z
      .number()
      .int()
      .positive()
      .catch(1000)
      .parse(yield* host.require({ ask: 'batch_size' }))
    yield { type: 'opened' }
    let rows: JsonObject[] = []
    for await (const event of request.input) {
      if (event.type === 'wire') throw foreign()
      if (event.type === 'document') rows.push(event.document)
      if (rows.length >= size || (event.type === 'checkpoint' && rows.length > 0)) {
        yield* send(host, rows, request)
        rows = []
      }
      if (event.type === 'checkpoint') yield event
    }
    if (rows.length > 0) yield* send(host, rows, request)
    await host.end()
    yield* teller.told()
    yield { type: 'done', reason: 'exited' }
  } finally {
    await host.run.stop()
  }
}

async function* send(
  host: Host,
  rows: JsonObject[],
  { dry_run = false }: WriteRequest,
): AsyncGenerator<RunEvent | ToldEvent, void, void> {
  const { answer, failure } = yield* host.ask({ ask: 'send_data', rows, dry_run })
  if (failure) throw await failedWith(host.run, failure, `sending ${rows.length} rows`)
  const result = runResult.safeParse(answer)
  if (!result.success) throw await host.run.fail('protocol', 'gave no RunResult for a batch. Mend it.')
  const { successful_hits, failed_hits, error_messages } = result.data
  for (const message of error_messages ?? []) host.run.log('error', message)
  const metric = (name: string, value: number): RunEvent => ({ type: 'metric', name, kind: 'counter', value, tags: {} })
  yield metric('successful_hits', successful_hits)
  yield metric('failed_hits', failed_hits)
}

function foreign(): ConnectorError {
  return new ConnectorError('not_offered', 'Tightlock destinations take documents, not lines of another protocol.')
}
