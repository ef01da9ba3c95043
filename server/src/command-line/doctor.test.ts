import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { type Kysely, sql } from 'kysely'
import { createApiKey } from '../api-keys/create-api-key.ts'
import { connectDatabase } from '../database/connect.ts'
import { migrations } from '../database/migrations/index.ts'
import type { Database } from '../database/schema.ts'
import { startEmbeddedPostgres } from '../postgres/start-embedded-postgres.ts'
import { defer } from '../testing/defer.ts'
import { runSluice } from '../testing/run-sluice.ts'
import { temporaryDirectory } from '../testing/temporary-directory.ts'
import { startTestServer } from '../testing/test-server.ts'

interface Finding {
  check: string
  status: string
  detail: string
  next_action: string | null
  data?: Record<string, unknown>
}

async function examine(env: Record<string, string>, ...args: string[]) {
  const { code, stdout, stderr } = await runSluice(['doctor', '--json', ...args], env)
  assert.notEqual(stdout, '', stderr)
  const { healthy, findings } = JSON.parse(stdout) as { healthy: boolean; findings: Finding[] }
  const find = (check: string) => findings.filter((finding) => finding.check === check)
  return { code, healthy, findings, find, stderr }
}

test('doctor proves the redirect URI to register, and tells of database, clocks, keys, queue and confinement', async (t) => {
  const server = await startTestServer(t)
  const env = { SLUICE_SERVER: server.base_url, SLUICE_API_KEY: server.api_key }
  const { find, findings } = await examine(env)
  const shown = (await server.api('GET', `/v1/integrations/${server.integration.id}`)).body.redirect_uri
  assert.deepEqual(
    find('redirect URI').map(({ status, data }) => [status, data]),
    [['ok', { integration_id: server.integration.id, redirect_uri: shown, sent: shown }]],
  )
  assert.match(find('redirect URI')[0]?.detail ?? '', /is what requests to http\S+ carry$/)
  const well = [
    'DNS',
    'port',
    'health',
    'clock',
    'base URL',
    'database',
    'migrations',
    'database clock',
    'encryption key',
    'queue',
    'refreshes',
    'client secret',
  ]
  for (const check of well) assert.equal(find(check)[0]?.status, 'ok', `${check}: ${JSON.stringify(find(check))}`)
  for (const { status, next_action } of findings) assert.equal(next_action === null, /ok|skipped/.test(status))
  const text = await runSluice(['doctor'], env)
  assert.match(text.stdout, /^CHECK +STATUS +FOUND\nDNS +ok +localhost is /)
  assert.ok(text.stdout.includes(shown))
})

/** Puts a job of a name that nobody works on into the queue, an hour late. */
async function forsakeJob(db: Kysely<Database>): Promise<void> {
  await sql`insert into queue.queue (name, policy, retry_limit, retry_delay, retry_backoff, expire_seconds,
      retention_seconds, deletion_seconds, partition, table_name)
    select 'forsaken', policy, retry_limit, retry_delay, retry_backoff, expire_seconds, retention_seconds,
      deletion_seconds, partition, table_name from queue.queue limit 1`.execute(db)
  await sql`insert into queue.job (name, start_after) values ('forsaken', now() - interval '1 hour')`.execute(db)
}

test('doctor ends with 11 and says what to do: a URI that is not sent, what is late, old secrets, a clock, a migration', async (t) => {
  const server = await startTestServer(t)
  const env = { SLUICE_SERVER: server.base_url, SLUICE_API_KEY: server.api_key }
  const { db } = server.services
  await sql`delete from kysely_migration where name = '0006-keys-audit-events'`.execute(db)
  await sql`update integrations set client_secret_changed_at = now() - interval '400 days'`.execute(db)
  await forsakeJob(db)
  server.services.base_url = 'http://localhost:1'
  const { code, healthy, find, stderr } = await examine(env)
  assert.deepEqual([code, healthy], [11, false])
  assert.match(find('migrations')[0]?.detail ?? '', /0006-keys-audit-events/)
  assert.equal(find('base URL')[0]?.status, 'failure')
  assert.match(find('queue')[0]?.detail ?? '', /1 late.*forsaken/)
  assert.match(find('client secret')[0]?.next_action ?? '', /sluice integrations change \S+ --client-secret-stdin/)
  assert.match(stderr, /to mend: .*base URL.*\n.*\n {2}\(exit code 11\)/)
})

test('doctor goes on without what a key may not see, and says who does not answer', async (t) => {
  const server = await startTestServer(t)
  const key = await createApiKey(server.services.db, {
    tenant_id: server.tenant_id,
    name: 'reader',
    scopes: ['integrations:read'],
  })
  const narrow = await examine({ SLUICE_SERVER: server.base_url, SLUICE_API_KEY: key })
  assert.deepEqual([narrow.code, narrow.find('inside')[0]?.status], [0, 'skipped'])
  assert.match(narrow.find('redirect URI')[0]?.detail ?? '', /not proven/)
  const without = await examine({ SLUICE_SERVER: server.base_url })
  assert.deepEqual(
    [without.code, without.find('login')[0]?.status, without.find('health')[0]?.status],
    [11, 'failure', 'ok'],
  )

  const other = createServer((_, response) => void response.end('hello'))
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
  defer(t, () => other.close())
  const { port } = other.address() as AddressInfo
  const stranger = await examine({ SLUICE_SERVER: `http://127.0.0.1:${port}`, SLUICE_API_KEY: 'k' })
  assert.match(stranger.find('health')[0]?.next_action ?? '', /Another program has the port/)
  const nobody = await examine({ SLUICE_SERVER: 'http://127.0.0.1:1', SLUICE_API_KEY: 'k' })
  assert.match(nobody.find('port')[0]?.detail ?? '', /ECONNREFUSED/)
  const nowhere = await examine({ SLUICE_SERVER: 'https://nowhere.invalid', SLUICE_API_KEY: 'k' })
  assert.match(nowhere.find('DNS')[0]?.detail ?? '', /nowhere\.invalid has no address/)
})

test('doctor --local looks at this machine: data directory, port and who has it, Postgres', async (t) => {
  const server = await startTestServer(t)
  const directory = temporaryDirectory(t)
  const { port } = new URL(server.base_url)
  const { find } = await examine({}, '--local', '--data', directory, '--port', port)
  assert.equal(find('data directory')[0]?.status, 'ok')
  assert.match(
    find('port')[0]?.detail ?? '',
    new RegExp(`^${port} is taken( by node\\S* \\(process ${process.pid}\\))?`),
  )
  assert.match(find('Postgres')[0]?.detail ?? '', /^\d+/)
})

test('doctor reads the database itself where no server runs, and changes nothing there', async (t) => {
  const server = await startTestServer(t)
  const { db } = server.services
  await sql`update integrations set client_secret_changed_at = now() - interval '400 days'`.execute(db)
  await forsakeJob(db)
  const env = { DATABASE_URL: server.database_url }
  const local = await examine(env, '--local', '--data', temporaryDirectory(t))
  assert.equal(local.find('database')[0]?.status, 'ok')
  assert.equal(local.find('migrations')[0]?.detail, `all ${Object.keys(migrations).length} applied`)
  assert.match(local.find('encryption key')[0]?.detail ?? '', / in .+/)
  assert.equal(local.find('client secret')[0]?.status, 'warning')
  assert.deepEqual([local.code, local.find('queue')[0]?.status], [11, 'failure'])
  assert.ok(Number(local.find('oldest job')[0]?.data?.seconds) >= 3600)

  await server.stop()
  const { db: after, close } = connectDatabase(server.database_url)
  defer(t, close)
  await sql`delete from kysely_migration where name = '0013-logins'`.execute(after)
  const away = await examine({ ...env, SLUICE_SERVER: server.base_url, SLUICE_API_KEY: 'k' })
  assert.equal(away.find('port')[0]?.status, 'failure')
  assert.match(away.find('migrations')[0]?.detail ?? '', /Missing: 0013-logins/)
  const { rows } = await sql`select from kysely_migration where name = '0013-logins'`.execute(after)
  assert.equal(rows.length, 0, 'nothing is migrated by looking')
})

test('doctor tells of an embedded Postgres that is not running, and reads one that nobody has used yet', async (t) => {
  const directory = temporaryDirectory(t)
  const look = () => examine({}, '--local', '--data', directory)
  assert.equal((await look()).find('database')[0]?.status, 'skipped')
  const postgres = await startEmbeddedPostgres({ directory, fsync: false })
  defer(t, postgres.stop)
  const running = await look()
  assert.match(running.find('database')[0]?.detail ?? '', new RegExp(`^Postgres ${postgres.version}`))
  assert.match(running.find('migrations')[0]?.detail ?? '', /None is applied/)
  await postgres.stop()
  const stopped = await look()
  assert.match(stopped.find('database')[0]?.detail ?? '', /is not running/)
  const wrong = await examine({ DATABASE_URL: 'postgres://localhost:1/none' }, '--local', '--data', directory)
  assert.deepEqual([wrong.code, wrong.find('database')[0]?.status], [11, 'failure'])
})
