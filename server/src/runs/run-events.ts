// What those who follow a run are told: appended in order, sealed, numbered from 1. Events of an attempt are gathered for
// a moment, so that a talkative connector is not a statement a line.

import type { JsonObject } from '@sluice/oauth'
import { sql, type Transaction } from 'kysely'
import { z } from 'zod'
import type { Database } from '../database/schema.ts'
import type { Services } from '../services.ts'
import { uuidv7 } from '../uuid.ts'
import { type HeldRun, writeHeld } from './run-lease.ts'

export const runEventTypes = ['status', 'step', 'progress', 'stream', 'log', 'rotation'] as const

export interface NewRunEvent {
  type: (typeof runEventTypes)[number]
  data: JsonObject
}

export interface RunEvent extends NewRunEvent {
  sequence: number
}

const GATHER_MS = 200
/** Of one attempt; what comes after is left out, and an event says so. */
const MAXIMUM_LOGS = 2_000
const LONGEST_MESSAGE = 4_000

type RunId = { id: string; tenant_id: string }

/** Appends events in a transaction that has just changed the run, whose row it thereby holds. */
export async function appendRunEvents(
  { keys }: Services,
  tx: Transaction<Database>,
  run: RunId,
  events: readonly NewRunEvent[],
): Promise<void> {
  if (events.length === 0) return
  const { event_sequence } = await tx
    .updateTable('runs')
    .set((row) => ({ event_sequence: sql<number>`${row.ref('event_sequence')} + ${events.length}` }))
    .where('tenant_id', '=', run.tenant_id)
    .where('id', '=', run.id)
    .returning('event_sequence')
    .executeTakeFirstOrThrow()
  // Only the newest figures count.
  if (events.some(({ type }) => type === 'progress')) {
    await tx
      .deleteFrom('run_events')
      .where('tenant_id', '=', run.tenant_id)
      .where('run_id', '=', run.id)
      .where('type', '=', 'progress')
      .execute()
  }
  const first = event_sequence - events.length + 1
  const rows = events.map(async ({ type, data }, index) => {
    const id = uuidv7()
    const data_sealed = await keys.seal(placeOf({ id, tenant_id: run.tenant_id }), data)
    return { id, tenant_id: run.tenant_id, run_id: run.id, sequence: first + index, type, data_sealed }
  })
  await tx
    .insertInto('run_events')
    .values(await Promise.all(rows))
    .execute()
}

const typeSchema = z.enum(runEventTypes)
const dataSchema = z.record(z.string(), z.json())

/** Those that follow `after`, `limit` at most. */
export async function readRunEvents(
  { db, keys }: Services,
  run: RunId,
  after: number,
  limit = 500,
): Promise<RunEvent[]> {
  const rows = await db
    .selectFrom('run_events')
    .selectAll()
    .where('tenant_id', '=', run.tenant_id)
    .where('run_id', '=', run.id)
    .where('sequence', '>', after)
    .orderBy('sequence')
    .limit(limit)
    .execute()
  return Promise.all(
    rows.map(async (row) => ({
      sequence: row.sequence,
      type: typeSchema.parse(row.type),
      data: dataSchema.parse(await keys.open(placeOf(row), row.data_sealed)),
    })),
  )
}

export interface RunTeller {
  tell(event: NewRunEvent): void
  /** Takes what is gathered, to be written by a transaction that writes more. */
  take(): NewRunEvent[]
  /** Resolves when all that was told is written. */
  close(): Promise<void>
}

/** Tells of one attempt. What cannot be written is left out: nobody's run fails for its narration. */
export function createRunTeller(services: Services, held: HeldRun): RunTeller {
  let gathered: NewRunEvent[] = []
  let logs = 0
  let timer: NodeJS.Timeout | undefined
  let writing = Promise.resolve()

  const take = () => {
    const events = gathered
    gathered = []
    return events
  }
  const write = async () => {
    const events = take()
    if (events.length === 0) return
    await services.db.transaction().execute(async (tx) => {
      await writeHeld(tx, held, {})
      await appendRunEvents(services, tx, held.run, events)
    })
    services.run_watch.wake(held.run.id)
  }
  const writeLater = () => {
    timer ??= setTimeout(() => {
      timer = undefined
      writing = writing.then(write).catch(() => {})
    }, GATHER_MS)
  }

  return {
    tell(event) {
      if (event.type === 'log') {
        logs += 1
        if (logs > MAXIMUM_LOGS + 1) return
        if (logs > MAXIMUM_LOGS)
          event = { type: 'log', data: { level: 'warn', message: FURTHER, at: new Date().toISOString() } }
      }
      if (event.type === 'progress') gathered = gathered.filter(({ type }) => type !== 'progress')
      gathered.push(shortened(event))
      writeLater()
    },
    take,
    async close() {
      clearTimeout(timer)
      await writing
      await write().catch(() => {})
    },
  }
}

const FURTHER = `Only the first ${MAXIMUM_LOGS} logs are kept; further ones are left out.`

function shortened(event: NewRunEvent): NewRunEvent {
  const { message } = event.data
  if (typeof message !== 'string' || message.length <= LONGEST_MESSAGE) return event
  return { ...event, data: { ...event.data, message: `${message.slice(0, LONGEST_MESSAGE)}…` } }
}

function placeOf(event: { id: string; tenant_id: string }) {
  return { tenant_id: event.tenant_id, table: 'run_events', column: 'data', row: event.id }
}
