import assert from 'node:assert/strict'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import postgres from 'postgres'
import { identifyProcess } from '../process-identity.ts'
import { type Program, startProgram } from '../testing/program.ts'
import { temporaryDirectory } from '../testing/temporary-directory.ts'
import { clusterLayout } from './cluster-layout.ts'

const SUPERVISE = fileURLToPath(new URL('../testing/supervise.ts', import.meta.url))

function socketDirectory(program: Program): string {
  return new URL(JSON.parse(program.first_line).url).searchParams.get('host') ?? ''
}

function postgresPid(program: Program): number {
  return JSON.parse(program.first_line).pid
}

async function query(program: Program, statement: string) {
  const sql = postgres({
    path: `${socketDirectory(program)}/.s.PGSQL.5432`,
    username: 'sluice',
    database: 'sluice',
    max: 1,
  })
  try {
    return [...(await sql.unsafe(statement))]
  } finally {
    await sql.end()
  }
}

for (const killed of [
  'the supervisor alone',
  'Postgres and its supervisor',
  'the supervisor, then Postgres',
] as const) {
  test(`after kill -9 of ${killed} the next start has every acknowledged row`, async (t) => {
    const directory = temporaryDirectory(t)
    const first = await startProgram(t, SUPERVISE, [directory])
    await query(first, 'create table kept as select generate_series(1, 1000) as id')

    if (killed === 'Postgres and its supervisor') process.kill(postgresPid(first), 'SIGKILL')
    await first.kill()
    if (killed === 'the supervisor, then Postgres') process.kill(postgresPid(first), 'SIGKILL')
    // A supervisor that saw its Postgres end may have cleared up before it was killed itself.
    if (killed !== 'Postgres and its supervisor') assert.ok(existsSync(socketDirectory(first)))

    const second = await startProgram(t, SUPERVISE, [directory])
    assert.notEqual(postgresPid(second), postgresPid(first))
    assert.equal(identifyProcess(postgresPid(first)), null)
    assert.equal(existsSync(socketDirectory(first)), false)
    assert.deepEqual(await query(second, 'select count(*)::int from kept'), [{ count: 1000 }])

    await second.finish()
    assert.equal(identifyProcess(postgresPid(second)), null)
    const left = readdirSync(clusterLayout(directory).root).filter((name) => !name.startsWith('binaries-'))
    assert.deepEqual(left.sort(), ['cluster', 'postgres.log'])
  })
}

test('a second server on the same directory is refused and does the first no harm', async (t) => {
  const directory = temporaryDirectory(t)
  const first = await startProgram(t, SUPERVISE, [directory])
  const second = await startProgram(t, SUPERVISE, [directory])
  assert.equal(JSON.parse(second.first_line).code, 'data_directory_locked')
  assert.match(JSON.parse(second.first_line).message, new RegExp(`process ${first.pid}\\b`))
  assert.deepEqual(await query(first, 'select 1 as alive'), [{ alive: 1 }])
  await first.finish()
})

test('a stale pid file that names an innocent process is cleared and the process left alone', async (t) => {
  const { endOrphan } = await import('./end-orphan.ts')
  const { mkdirSync, writeFileSync } = await import('node:fs')
  const { cluster } = clusterLayout(temporaryDirectory(t))
  mkdirSync(cluster, { recursive: true })
  writeFileSync(`${cluster}/postmaster.pid`, `${process.pid}\n${cluster}\n`)
  await endOrphan(cluster)
  assert.deepEqual(readdirSync(cluster), [])
  assert.equal(statSync(dirname(cluster)).isDirectory(), true)
})
