import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { pino } from 'pino'
import { connectDatabase } from '../database/connect.ts'
import { createTestDatabase } from '../testing/database.ts'
import { defer } from '../testing/defer.ts'
import { type Queue, startQueue } from './queue.ts'

const log = pino({ enabled: false })

/** Two processes' worth of queues on one database, with its pool. */
async function queues(t: TestContext): Promise<[Queue, Queue, ReturnType<typeof connectDatabase>]> {
  const { url, drop } = await createTestDatabase()
  defer(t, drop)
  const started: Queue[] = []
  for (let count = 0; count < 2; count++) {
    const queue = await startQueue({ url, log })
    defer(t, queue.stop)
    started.push(queue)
  }
  const database = connectDatabase(url, { connections: 2 })
  defer(t, database.close)
  const [first, second] = started as [Queue, Queue]
  return [first, second, database]
}

function counter(expected: number) {
  const seen: string[] = []
  const all = Promise.withResolvers<void>()
  return {
    seen,
    all: all.promise,
    see(id: string) {
      seen.push(id)
      if (seen.length >= expected) all.resolve()
    },
  }
}

test('a thousand jobs are each done once by two processes, in batches', async (t) => {
  const [first, second] = await queues(t)
  const done = counter(1000)
  for (const queue of [first, second]) {
    await queue.work('expired.sweep', { as: 'batches', size: 100 }, async (job) => done.see(job.id))
  }
  await first.sendAll(
    'expired.sweep',
    Array.from({ length: 1000 }, () => ({ data: {} })),
  )
  await done.all
  assert.equal(new Set(done.seen).size, 1000)
  assert.equal(done.seen.length, 1000)
})

test('a job waits for its time, and one key waits once', async (t) => {
  const [first, second] = await queues(t)
  const done = counter(1)
  const at = new Date(Date.now() + 1500)
  for (let count = 0; count < 3; count++) await second.send('expired.sweep', {}, { at, key: 'one' })
  let ended = 0
  await first.work('expired.sweep', { as: 'slots', size: 2 }, async (job) => {
    ended = Date.now()
    done.see(job.id)
  })
  await done.all
  assert.ok(ended >= at.getTime(), `${ended - at.getTime()} ms early`)
  assert.equal(done.seen.length, 1)
})

test('a job sent in a transaction exists only when that commits', async (t) => {
  const [first, second, { db }] = await queues(t)
  await assert.rejects(
    db.transaction().execute(async (tx) => {
      await first.send('expired.sweep', {}, { tx, key: 'rolled back' })
      throw new Error('changed my mind')
    }),
    /changed my mind/,
  )
  await db.transaction().execute((tx) => first.send('expired.sweep', {}, { tx, key: 'committed' }))
  const done = counter(1)
  await second.work('expired.sweep', { as: 'batches' }, async (job) => done.see(job.id))
  await done.all
  assert.equal(done.seen.length, 1)
})

test('a job that fails is tried again, and the others of its batch are not', async (t) => {
  const [first, second] = await queues(t)
  const done = counter(3)
  await second.sendAll('expired.sweep', [{ data: {} }, { data: {} }])
  let failed = false
  await first.work('expired.sweep', { as: 'batches', retry_seconds: 1 }, async (job) => {
    done.see(job.id)
    if (failed) return
    failed = true
    throw new Error('once')
  })
  await done.all
  assert.equal(new Set(done.seen).size, 2)
})

test('stopping aborts the job at work and leaves it to another process', async (t) => {
  const [first, second] = await queues(t)
  const started = Promise.withResolvers<void>()
  await first.work('expired.sweep', { as: 'slots', retry_seconds: 1 }, async ({ signal }) => {
    started.resolve()
    await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }))
  })
  await second.send('expired.sweep', {})
  await started.promise
  const before = performance.now()
  await first.stop()
  assert.ok(performance.now() - before < 2000, 'stopping took too long')
  const done = counter(1)
  await second.work('expired.sweep', { as: 'slots', retry_seconds: 1 }, async (job) => done.see(job.id))
  await done.all
})
