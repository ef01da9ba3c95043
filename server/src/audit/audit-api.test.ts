import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { sql } from 'kysely'
import { startTestServer } from '../testing/test-server.ts'
import { uuidv7 } from '../uuid.ts'

test('audit records are listed newest first, in pages, filtered, and each can be hashed again by who reads them', async (t) => {
  const server = await startTestServer(t)
  const { audit } = server.services
  const subject = { type: 'connection', id: uuidv7() }
  for (let index = 0; index < 5; index += 1) {
    await audit.append(server.tenant_id, {
      action: index % 2 === 0 ? 'credentials.read' : 'connection.patch',
      actor: { type: 'api_key', id: `key-${index}` },
      subject: index === 4 ? { type: 'connection', id: 'other' } : subject,
      detail: { index },
    })
  }
  await audit.append(uuidv7(), { action: 'foreign', actor: { type: 'server', id: 'x' }, subject })

  const query = `subject_id=${subject.id}`
  const first = await server.api('GET', `/v1/audit_records?${query}&limit=3`)
  assert.equal(first.status, 200, JSON.stringify(first.body))
  const second = await server.api('GET', `/v1/audit_records?${query}&limit=3&cursor=${first.body.next_cursor}`)
  const found = [...first.body.data, ...second.body.data]
  assert.deepEqual(
    found.map((record) => record.detail.index),
    [3, 2, 1, 0],
  )
  assert.equal(second.body.next_cursor, null)
  for (const { previous_hash, sequence, record, hash } of found) {
    const place = Buffer.alloc(8)
    place.writeBigInt64BE(BigInt(sequence))
    const made = createHash('sha256').update(Buffer.from(previous_hash, 'hex')).update(place).update(record)
    assert.equal(made.digest('hex'), hash)
  }

  const count = async (filter: string) => (await server.api('GET', `/v1/audit_records?${filter}`)).body.data.length
  assert.equal(await count(`${query}&action=connection.patch`), 2)
  assert.equal(await count('actor_id=key-4'), 1)
  assert.equal(await count(`${query}&until=2020-01-01T00:00:00Z`), 0)
  assert.equal(await count(`${query}&since=2020-01-01T00:00:00Z`), 4)
  assert.equal((await server.api('GET', '/v1/audit_records?cursor=x')).status, 422)
  assert.equal((await server.api('GET', '/v1/audit_records', undefined, null)).status, 401)
})

test('verification tells the end of the chain, and the first record that does not hold', async (t) => {
  const server = await startTestServer(t)
  const entry = {
    action: 'credentials.read',
    actor: { type: 'api_key', id: 'k' },
    subject: { type: 'connection', id: 'c' },
  } as const
  for (let index = 0; index < 3; index += 1) await server.services.audit.append(server.tenant_id, entry)
  const whole = await server.api('POST', '/v1/audit_records:verify', {})
  assert.equal(whole.body.intact, true, JSON.stringify(whole.body))
  assert.equal((await server.api('POST', '/v1/audit_records:verify', { expected: whole.body.end })).body.intact, true)

  await sql`update audit_records set record = '"x"' where sequence = 2`.execute(server.services.db)
  const broken = await server.api('POST', '/v1/audit_records:verify', {})
  assert.deepEqual(broken.body, {
    intact: false,
    records: 1,
    end: null,
    broken: { sequence: '2', reason: 'altered' },
  })
  assert.equal((await server.api('GET', '/v1/audit_records')).body.data.at(-2).action, 'unreadable')
})
