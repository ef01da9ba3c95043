import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import { connect } from '../testing/connect-story.ts'
import { createTestBrowser } from '../testing/test-browser.ts'
import { startTestServer } from '../testing/test-server.ts'

test('S48 credentials are not revealed while the audit log cannot be written, and are again when it can', async (t) => {
  const server = await startTestServer(t)
  const { connection_id } = await connect(server)
  const { db } = server.services
  const read = () => server.api('GET', `/v1/connections/${connection_id}/credentials`)
  const revealed = await read()
  assert.equal(revealed.status, 200, JSON.stringify(revealed.body))
  const token = revealed.body.access_token
  assert.ok(typeof token === 'string' && token !== '')

  await sql`alter table audit_records rename to elsewhere`.execute(db)
  for (const refused of [
    await read(),
    await server.api('POST', `/v1/connections/${connection_id}/export`, {}),
    await server.api('POST', `/v1/connections/${connection_id}/refresh`, {}),
  ]) {
    assert.ok(refused.status >= 400, JSON.stringify(refused.body))
    assert.ok(!JSON.stringify(refused.body).includes(token))
  }
  const refused = await read()
  assert.deepEqual([refused.status, refused.body.code], [503, 'audit_unavailable'])

  await sql`alter table elsewhere rename to audit_records`.execute(db)
  assert.equal((await read()).status, 200)
  const { body } = await server.api('GET', `/v1/audit_records?action=credentials.read&subject_id=${connection_id}`)
  assert.equal(body.data.length, 2, 'what was refused is not recorded as done')
  assert.equal(body.data[0].actor.type, 'api_key')
  assert.equal((await server.api('POST', '/v1/audit_records:verify', {})).body.intact, true)
  assert.ok(!JSON.stringify(body).includes(token))
})

test('S48 readings that come at once are each recorded with what was read, and those that give nothing are not', async (t) => {
  const server = await startTestServer(t)
  const [{ connection_id: read }, { connection_id: disabled }] = [await connect(server), await connect(server)]
  await server.api('PATCH', `/v1/connections/${disabled}`, { disabled: true })
  const missing = read.replace(/^........-..../, '00000000-0000')
  const ids = [read, disabled, read, missing, read]
  const statusOf = async (id: string) => (await server.api('GET', `/v1/connections/${id}/credentials`)).status
  assert.deepEqual(await Promise.all(ids.map(statusOf)), [200, 409, 200, 404, 200])
  await server.api('POST', `/v1/connections/${read}/refresh`, {})
  assert.equal(await statusOf(read), 200)

  const { body } = await server.api('GET', '/v1/audit_records?action=credentials.read')
  const told = body.data.map((record: { subject: object; detail: object }) => [record.subject, record.detail])
  const reading = (version: number) => [{ type: 'connection', id: read }, { version }]
  assert.deepEqual(told, [reading(2), reading(1), reading(1), reading(1)])
  assert.equal((await server.api('POST', '/v1/audit_records:verify', {})).body.intact, true)
})

test('a sign-in to the console is audited, and refused while it cannot be', async (t) => {
  const server = await startTestServer(t)
  const signIn = () => createTestBrowser(server.base_url).post('/console/session', { api_key: server.api_key })
  assert.equal((await signIn()).status, 204)
  const { body } = await server.api('GET', '/v1/audit_records?action=console.sign_in')
  assert.equal(body.data.length, 1)
  assert.equal(body.data[0].actor.type, 'api_key')
  await sql`alter table audit_records rename to elsewhere`.execute(server.services.db)
  const refused = await signIn()
  assert.equal(refused.status, 503)
  assert.equal(refused.headers.get('set-cookie'), null)
})
