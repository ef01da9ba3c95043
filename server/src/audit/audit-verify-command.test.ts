import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import { runSluice } from '../testing/run-sluice.ts'
import { startTestServer } from '../testing/test-server.ts'

test('`sluice audit verify` computes the chain again, from the server and from the database, and names the break', async (t) => {
  const server = await startTestServer(t)
  for (let index = 0; index < 250; index += 1) {
    void server.services.audit.append(server.tenant_id, {
      action: 'credentials.read',
      actor: { type: 'api_key', id: 'key' },
      subject: { type: 'connection', id: `c${index}` },
    })
  }
  await server.services.audit.append(server.tenant_id, {
    action: 'connection.delete',
    actor: { type: 'api_key', id: 'ü"\\' },
    subject: { type: 'connection', id: 'last' },
  })
  const verify = (...args: string[]) =>
    runSluice(['audit', 'verify', ...args], {
      SLUICE_SERVER: server.base_url,
      SLUICE_API_KEY: server.api_key,
      DATABASE_URL: server.database_url,
    })

  const whole = await verify('--json')
  assert.equal(whole.code, 0, whole.stderr)
  const { records, end } = JSON.parse(whole.stdout)
  assert.equal(records, 251)
  assert.equal((await verify('--expect', `${end.sequence}:${end.hash}`)).code, 0)
  assert.equal((await verify('--quiet')).stdout, `${end.sequence}:${end.hash}\n`)
  const offline = await verify('--database', '--json')
  assert.deepEqual(JSON.parse(offline.stdout), { ...JSON.parse(whole.stdout), tenant_id: server.tenant_id })

  const { db } = server.services
  await sql`update audit_records set record = replace(record::text, '"c7"', '"c8"')::json where sequence = 8`.execute(
    db,
  )
  for (const args of [[], ['--database']]) {
    const broken = await verify(...args)
    assert.equal(broken.code, 9, broken.stderr)
    assert.match(broken.stdout, /record 8 is not what was hashed/)
  }
  await sql`delete from audit_records where sequence in (5, 6)`.execute(db)
  assert.match((await verify()).stdout, /record 5 is missing/)
  await sql`delete from audit_records where sequence > 4`.execute(db)
  assert.match((await verify('--expect', `${end.sequence}:${end.hash}`)).stdout, /record 5 is missing/)
})

test('the command says what it lacks, and sends no key in the clear', async () => {
  const without = await runSluice(['audit', 'verify'], {})
  assert.equal(without.code, 10)
  assert.match(without.stderr, /SLUICE_API_KEY/)
  const clear = await runSluice(['audit', 'verify', '--server', 'http://sluice.example.com'], { SLUICE_API_KEY: 'k' })
  assert.equal(clear.code, 2)
  assert.match(clear.stderr, /in the clear/)
  const nobody = await runSluice(['audit', 'verify', '--server', 'http://127.0.0.1:1'], { SLUICE_API_KEY: 'k' })
  assert.equal(nobody.code, 8)
})
