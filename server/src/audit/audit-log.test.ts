import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { sql } from 'kysely'
import { connectDatabase } from '../database/connect.ts'
import { createTestDatabase } from '../testing/database.ts'
import { uuidv7 } from '../uuid.ts'
import { createAuditLog } from './audit-log.ts'
import type { AuditEntry } from './audit-record.ts'
import { verifyChain } from './verify-chain.ts'

async function openLogs(t: TestContext) {
  const database = await createTestDatabase()
  // Two pools, as of two server processes.
  const pools = [connectDatabase(database.url), connectDatabase(database.url)]
  t.after(async () => {
    for (const { close } of pools) await close()
    await database.drop()
  })
  const logs = pools.map(({ db }) => createAuditLog({ db, now: () => new Date() }))
  const [first, second] = logs
  const db = pools[0]?.db
  if (db === undefined || first === undefined || second === undefined) throw new Error('unreachable')
  return { db, first, second, tenant: uuidv7(), other: uuidv7() }
}

const entry: AuditEntry = {
  action: 'credentials.read',
  actor: { type: 'api_key', id: 'key' },
  subject: { type: 'connection', id: 'c1' },
}

async function fill(t: TestContext, count = 5) {
  const opened = await openLogs(t)
  for (let index = 0; index < count; index += 1) {
    await opened.first.append(opened.tenant, { ...entry, detail: { index } })
  }
  assert.equal((await verifyChain(opened.db, opened.tenant)).intact, true)
  return opened
}

async function brokenAt(opened: Awaited<ReturnType<typeof openLogs>>) {
  const verdict = await verifyChain(opened.db, opened.tenant)
  return verdict.intact ? null : verdict.broken
}

test('records of several processes make one chain for each tenant, and many share a commit', async (t) => {
  const { db, first, second, tenant, other } = await openLogs(t)
  const appends = Array.from({ length: 400 }, (_, index) =>
    (index % 2 === 0 ? first : second).append(index % 3 === 0 ? other : tenant, { ...entry, detail: { index } }),
  )
  await Promise.all(appends)
  for (const [id, count] of [
    [tenant, 266],
    [other, 134],
  ] as const) {
    const verdict = await verifyChain(db, id)
    assert.equal(verdict.intact, true)
    assert.equal(verdict.records, count)
  }
  const { rows } = await sql<{
    commits: string
  }>`select count(distinct xmin::text) as commits from audit_records`.execute(db)
  assert.ok(Number(rows[0]?.commits) < 20, `${rows[0]?.commits} commits`)
})

test('a chain without records is intact', async (t) => {
  const { db, tenant } = await openLogs(t)
  assert.deepEqual(await verifyChain(db, tenant), {
    intact: true,
    records: 0,
    end: { sequence: '0', hash: '0'.repeat(64) },
  })
})

test('text that the database refuses does not keep other records from being written', async (t) => {
  const { db, first, tenant } = await openLogs(t)
  await Promise.all([
    first.append(tenant, {
      ...entry,
      subject: { type: 'connection', id: 'a\0b\ud800' },
      detail: { 'k\0': ['\udfff'] },
    }),
    first.append(tenant, entry),
  ])
  assert.equal((await verifyChain(db, tenant)).records, 2)
})

test('an altered record is named', async (t) => {
  const opened = await fill(t)
  await sql`update audit_records set record = replace(record::text, 'credentials.read', 'credentials.rest')::json
    where sequence = 3`.execute(opened.db)
  assert.deepEqual(await brokenAt(opened), { sequence: '3', reason: 'altered' })
})

test('a record that was altered with its hash made anew breaks the next one', async (t) => {
  const opened = await fill(t)
  await sql`update audit_records set record = '{}'::json, hash = sha256(previous_hash || int8send(3) || '{}'::bytea)
    where sequence = 3`.execute(opened.db)
  assert.deepEqual(await brokenAt(opened), { sequence: '4', reason: 'unlinked' })
})

test('a record that was taken out is missed, also the last one', async (t) => {
  const opened = await fill(t)
  await sql`delete from audit_records where sequence = 5`.execute(opened.db)
  assert.deepEqual(await brokenAt(opened), { sequence: '5', reason: 'missing' })
  await sql`delete from audit_records where sequence = 2`.execute(opened.db)
  assert.deepEqual(await brokenAt(opened), { sequence: '2', reason: 'missing' })
})

test('a chain that was cut back with its head does not hold an end that was noted before', async (t) => {
  const opened = await fill(t)
  const noted = await verifyChain(opened.db, opened.tenant)
  assert.ok(noted.intact)
  await sql`delete from audit_records where sequence = 5`.execute(opened.db)
  await sql`update audit_chains set sequence = 4, hash = (select hash from audit_records where sequence = 4)`.execute(
    opened.db,
  )
  assert.equal((await verifyChain(opened.db, opened.tenant)).intact, true)
  const cutBack = await verifyChain(opened.db, opened.tenant, noted.end)
  assert.deepEqual(cutBack, { intact: false, records: 4, broken: { sequence: '5', reason: 'missing' } })
  await opened.first.append(opened.tenant, entry)
  const madeAnew = await verifyChain(opened.db, opened.tenant, noted.end)
  assert.deepEqual(madeAnew, { intact: false, records: 4, broken: { sequence: '5', reason: 'expectation' } })
})

test('an append that cannot be written rejects, and the next one is tried afresh', async (t) => {
  const { db, first, tenant } = await openLogs(t)
  await sql`alter table audit_records rename to elsewhere`.execute(db)
  await assert.rejects(first.append(tenant, entry), { code: 'audit_unavailable', status: 503 })
  await sql`alter table elsewhere rename to audit_records`.execute(db)
  await first.append(tenant, entry)
  assert.equal((await verifyChain(db, tenant)).records, 1)
})
