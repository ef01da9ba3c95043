import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import postgres from 'postgres'
import { defer } from '../testing/defer.ts'
import { temporaryDirectory } from '../testing/temporary-directory.ts'
import { clusterLayout } from './cluster-layout.ts'
import { type EmbeddedPostgres, startEmbeddedPostgres } from './start-embedded-postgres.ts'

function connect({ url }: Pick<EmbeddedPostgres, 'url'>) {
  const { searchParams, username, pathname } = new URL(url)
  return postgres({
    path: `${searchParams.get('host')}/.s.PGSQL.5432`,
    username,
    database: pathname.slice(1),
    max: 1,
    onnotice: () => {},
  })
}

test('what was written before a stop is there after the next start, and a stop leaves nothing behind', async (t) => {
  const directory = temporaryDirectory(t)

  const first = await startEmbeddedPostgres({ directory })
  const socketDirectory = new URL(first.url).searchParams.get('host') ?? ''
  assert.equal(statSync(socketDirectory).mode & 0o777, 0o700)
  const sql = connect(first)
  await sql`create table kept (id int)`
  await sql`insert into kept values (7)`
  await sql.end()
  await first.stop()
  assert.equal((await first.exited).expected, true)
  assert.equal(existsSync(socketDirectory), false)

  const second = await startEmbeddedPostgres({ directory })
  defer(t, second.stop)
  const again = connect(second)
  defer(t, () => again.end())
  assert.deepEqual([...(await again`select id from kept`)], [{ id: 7 }])
})

test('the server signs in as a role that row-level security binds, over the socket alone', async (t) => {
  const running = await startEmbeddedPostgres({ directory: temporaryDirectory(t), fsync: false })
  defer(t, running.stop)
  const sql = connect(running)
  defer(t, () => sql.end({ timeout: 1 }))
  const [role] = await sql`select rolsuper, rolbypassrls from pg_roles where rolname = current_user`
  assert.deepEqual({ ...role }, { rolsuper: false, rolbypassrls: false })
  const [{ listen_addresses } = {}] = await sql`show listen_addresses`
  assert.equal(listen_addresses, '')
})

test('a second supervisor is refused while the first runs', async (t) => {
  const directory = temporaryDirectory(t)
  const running = await startEmbeddedPostgres({ directory, fsync: false })
  defer(t, running.stop)
  await assert.rejects(startEmbeddedPostgres({ directory }), {
    code: 'postgres_start_failed',
    message: new RegExp(`process ${process.pid}`),
  })
})

test('Postgres dying by itself is told with its last words, and can be started again', async (t) => {
  const directory = temporaryDirectory(t)
  const running = await startEmbeddedPostgres({ directory, fsync: false })
  process.kill(running.pid, 'SIGTERM')
  const { expected, last_log } = await running.exited
  assert.equal(expected, false)
  assert.match(last_log, /received smart shutdown request/)

  const again = await startEmbeddedPostgres({ directory, fsync: false })
  await again.stop()
})

test('a death during the making of the cluster heals itself', async (t) => {
  const directory = temporaryDirectory(t)
  const { root } = clusterLayout(directory)
  const halfMade = join(root, 'cluster-draft-Ab12cd')
  mkdirSync(halfMade, { recursive: true })
  writeFileSync(join(halfMade, 'PG_VERSION'), '18\n')

  const running = await startEmbeddedPostgres({ directory, fsync: false })
  defer(t, running.stop)
  assert.equal(existsSync(halfMade), false)
})

test('a cluster of another major version is refused, naming the version that it needs', async (t) => {
  const directory = temporaryDirectory(t)
  const { cluster } = clusterLayout(directory)
  mkdirSync(cluster, { recursive: true })
  writeFileSync(join(cluster, 'PG_VERSION'), '12\n')
  await assert.rejects(startEmbeddedPostgres({ directory }), {
    code: 'postgres_version_mismatch',
    message: /needs Postgres 12, but only 1\d/,
  })
})

test('a directory that is no cluster is refused and left alone', async (t) => {
  const directory = temporaryDirectory(t)
  const { cluster } = clusterLayout(directory)
  mkdirSync(cluster, { recursive: true })
  writeFileSync(join(cluster, 'notes.txt'), 'mine')
  await assert.rejects(startEmbeddedPostgres({ directory }), { code: 'postgres_damaged_cluster' })
  assert.equal(readFileSync(join(cluster, 'notes.txt'), 'utf8'), 'mine')
})

test('no statement, parameter or row reaches the log, whatever fails', async (t) => {
  const directory = temporaryDirectory(t)
  const running = await startEmbeddedPostgres({ directory, fsync: false })
  defer(t, running.stop)
  const sql = connect(running)
  defer(t, () => sql.end({ timeout: 1 }))
  const canary = 'canary-5f1e0a'

  await sql`create table sealed (value text primary key check (length(value) < 40))`
  await sql`insert into sealed values (${canary})`
  await assert.rejects(sql`insert into sealed values (${canary})`, { code: '23505' })
  await assert.rejects(sql`insert into sealed values (${canary.repeat(4)})`, { code: '23514' })
  await assert.rejects(sql`select ${canary}::text::int`, { code: '22P02' })
  await assert.rejects(sql.unsafe(`select '${canary}' from`), { code: '42601' })
  await assert.rejects(sql.unsafe(`select pg_terminate_backend(pg_backend_pid()), '${canary}'`))

  assert.doesNotMatch(readFileSync(clusterLayout(directory).log, 'utf8'), new RegExp(canary))
})
