import assert from 'node:assert/strict'
import type { JsonObject } from '@sluice/connector-specs'
import { ConnectorError } from '../connector-error.ts'
import { foldState } from '../events/fold-state.ts'
import type { RunEvent } from '../events/run-event.ts'

export interface ReadToEnd {
  events: RunEvent[]
  documents: JsonObject[]
  /** As of the last checkpoint. */
  state: JsonObject
  error: ConnectorError | null
  /** What it failed with; a test that expects a failure reads it. */
  message: string
}

/** Reads a run's events to their end or to the failure. */
export async function readToEnd(reading: AsyncIterable<RunEvent>, from: JsonObject = {}): Promise<ReadToEnd> {
  const events: RunEvent[] = []
  let error: ConnectorError | null = null
  try {
    for await (const event of reading) events.push(event)
  } catch (thrown) {
    assert.ok(thrown instanceof ConnectorError, String(thrown))
    error = thrown
  }
  return {
    events,
    documents: events.flatMap((event) => (event.type === 'document' ? [event.document] : [])),
    state: events.reduce((state, event) => (event.type === 'checkpoint' ? foldState(state, event.state) : state), from),
    error,
    message: error?.message ?? '',
  }
}

/** The kinds of events in their order, without logs. */
export function kinds({ events }: ReadToEnd): string[] {
  return events.map(({ type }) => type).filter((type) => type !== 'log')
}
