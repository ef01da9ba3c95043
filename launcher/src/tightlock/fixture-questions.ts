import type { JsonObject } from '@sluice/connector-specs'
import type { Fixture } from '../protocol/fixture.ts'

/** What a destination's own batch size is cannot be asked where nothing is started. */
const BATCH = 1000

/** The calls of `send_data` that a destination would get, as the bridge is asked for them. */
export function* fixtureQuestions({ transactions }: Fixture): Generator<JsonObject> {
  for (const { documents } of transactions) {
    for (let start = 0; start < documents.length; start += BATCH) {
      const rows = documents.slice(start, start + BATCH).map(({ document }) => document)
      yield { ask: 'send_data', rows, dry_run: false }
    }
  }
}
