// `npm start` as a new user meets it, its failures, and what a kill -9 leaves.
import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { findConnection, openConfig } from '../../server/src/connections/connection.ts'
import { connectDatabase } from '../../server/src/database/connect.ts'
import { readGrant } from '../../server/src/grants/grant.ts'
import { clusterLayout } from '../../server/src/postgres/cluster-layout.ts'
import { databaseUrl } from '../../server/src/postgres/provision-database.ts'
import { identifyProcess } from '../../server/src/process-identity.ts'
import { neededKeyEncryptionKeys } from '../../server/src/sealing/data-keys.ts'
import { createKeyRing } from '../../server/src/sealing/key-ring.ts'
import { openKeyEncryptionKeys } from '../../server/src/sealing/open-key-encryption-keys.ts'
import { openMasterKeyFile } from '../../server/src/sealing/stores/master-key-file.ts'
import type { Services } from '../../server/src/services.ts'
import { temporaryDirectory } from '../../server/src/testing/temporary-directory.ts'
import { connectDemo, ownEnvironment, preview } from './testing/connect-demo.ts'
import { freePort, startedSluice, startSluice } from './testing/started-sluice.ts'

test('after kill -9 of the server and of its Postgres, npm start goes on: the connection works, and no file holds a secret', async (t) => {
  const environment = await ownEnvironment(t)
  const first = await startedSluice(t, environment)
  const apiKey = first.api_key ?? assert.fail('the first start shows no key')
  const id = await connectDemo(first)
  assert.equal((await preview(first, apiKey, id)).status, 'succeeded')

  const postgresPid = postmasterPid(first.data_directory)
  process.kill(serverPid(first.data_directory), 'SIGKILL')
  process.kill(postgresPid, 'SIGKILL')
  await first.ended

  const second = await startedSluice(t, environment)
  assert.equal(second.api_key, null)
  const run = await preview(second, apiKey, id)
  assert.equal(run.status, 'succeeded', JSON.stringify(run.error))
  assert.equal(run.documents.length, 10)

  const secrets = await secretsOf(second.data_directory, id)
  assert.ok(Object.values(secrets).every((value) => value.length > 20))
  second.signal('SIGTERM')
  await second.ended
  assert.equal(identifyProcess(postgresPid), null)
  const leaks = findInFiles(second.data_directory, { ...secrets, api_key: apiKey })
  assert.deepEqual(leaks, [])
  const terminal = first.output().replace(apiKey, '') + second.output()
  for (const [name, value] of Object.entries(secrets)) assert.ok(!terminal.includes(value), name)
})

test('after kill -9 of the server alone, the orphaned Postgres is ended and the next start goes on', async (t) => {
  const environment = await ownEnvironment(t)
  const first = await startedSluice(t, environment)
  const postgresPid = postmasterPid(first.data_directory)
  process.kill(serverPid(first.data_directory), 'SIGKILL')
  await first.ended
  await startedSluice(t, environment)
  assert.equal(identifyProcess(postgresPid), null)
})

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  test(`${signal} ends the server, its Postgres and the lab`, async (t) => {
    const environment = await ownEnvironment(t)
    const sluice = await startedSluice(t, environment)
    const postgresPid = postmasterPid(sluice.data_directory)
    sluice.signal(signal)
    await sluice.ended
    assert.equal(identifyProcess(postgresPid), null)
    for (const port of [environment.PORT, environment.SLUICE_LAB_PORT]) {
      await assert.rejects(fetch(`http://127.0.0.1:${port}/`))
    }
  })
}

test('SIGTERM while starting ends what was started', async (t) => {
  const environment = await ownEnvironment(t)
  const sluice = startSluice(t, environment)
  const postmaster = join(clusterLayout(environment.SLUICE_DATA ?? '').cluster, 'postmaster.pid')
  let postgresPid = 0
  while (postgresPid === 0) {
    await new Promise(setImmediate)
    if (existsSync(postmaster)) postgresPid = postmasterPid(environment.SLUICE_DATA ?? '')
  }
  sluice.signal('SIGTERM')
  await sluice.ended
  assert.equal(identifyProcess(postgresPid), null)
  assert.ok(!existsSync(postmaster))
})

test('a taken port is named, with the way to choose another, and nothing is started', async (t) => {
  const environment = await ownEnvironment(t)
  const other = createServer().listen(Number(environment.PORT), '127.0.0.1')
  await once(other, 'listening')
  t.after(() => other.close())
  const sluice = startSluice(t, environment)
  assert.equal(await sluice.ended, 1)
  assert.match(sluice.output(), new RegExp(`Port ${environment.PORT} .*in use.*PORT=`))
  assert.ok(!existsSync(join(environment.SLUICE_DATA ?? '', 'postgres')))
})

test('a second server on the same data directory is told of the first, which goes on', async (t) => {
  const environment = await ownEnvironment(t)
  const first = await startedSluice(t, environment)
  const second = startSluice(t, { ...environment, PORT: String(await freePort()) })
  assert.equal(await second.ended, 1)
  assert.match(
    second.output(),
    new RegExp(`Another Sluice \\(process ${serverPid(first.data_directory)}\\).*SLUICE_DATA`),
  )
  assert.equal((await fetch(`${first.base_url}/health/ready`)).status, 200)
})

test('a foreign master key is refused with the id that the data needs, and the right one works again', async (t) => {
  const environment = await ownEnvironment(t)
  const first = await startedSluice(t, environment)
  const file = join(first.data_directory, 'master-key.json')
  const { id } = (await openMasterKeyFile(file, { needed_key_ids: [], is_ours: true })).current()
  first.signal('SIGTERM')
  await first.ended

  const foreign = join(temporaryDirectory(t), 'foreign.json')
  await openMasterKeyFile(foreign, { needed_key_ids: [], is_ours: true })
  const second = startSluice(t, { ...environment, SLUICE_MASTER_KEY_FILE: foreign })
  assert.equal(await second.ended, 1)
  assert.match(second.output(), new RegExp(`The data needs the key ${id}`))
  const missing = startSluice(t, { ...environment, SLUICE_MASTER_KEY_FILE: join(first.data_directory, 'gone.json') })
  assert.equal(await missing.ended, 1)
  assert.match(missing.output(), new RegExp(`no master key at .*${id}`))
  writeFileSync(foreign, 'not a key')
  const garbage = startSluice(t, { ...environment, SLUICE_MASTER_KEY_FILE: foreign })
  assert.equal(await garbage.ended, 1)
  assert.match(garbage.output(), new RegExp(`not a JWK.*${id}`))
  await startedSluice(t, environment)
})

test('environment variables that make no sense are all named at once', async (t) => {
  const sluice = startSluice(t, { ...(await ownEnvironment(t)), PORT: 'eighty', DATABASE_URL: 'mysql://x/y' })
  assert.equal(await sluice.ended, 1)
  assert.match(sluice.output(), /PORT: /)
  assert.match(sluice.output(), /DATABASE_URL: must look like postgres:/)
})

function serverPid(dataDirectory: string): number {
  return JSON.parse(readFileSync(join(dataDirectory, 'server.lock'), 'utf8')).pid
}

function postmasterPid(dataDirectory: string): number {
  const [pid] = readFileSync(join(clusterLayout(dataDirectory).cluster, 'postmaster.pid'), 'utf8').split('\n')
  return Number(pid)
}

/** What must not be found, read in the way that the server itself reads it. */
async function secretsOf(dataDirectory: string, connectionId: string): Promise<Record<string, string>> {
  const socketDirectory = readFileSync(clusterLayout(dataDirectory).socket_record, 'utf8').trim()
  const { db, close } = connectDatabase(databaseUrl(socketDirectory))
  try {
    const keyEncryptionKeys = await openKeyEncryptionKeys({
      key_encryption_key: null,
      other_key_encryption_keys: [],
      own_file: join(dataDirectory, 'master-key.json'),
      needed_key_ids: await neededKeyEncryptionKeys(db),
      env: {},
    })
    // Only what reading a grant takes.
    const services = { db, keys: createKeyRing(db, keyEncryptionKeys) } as Services
    const { tenant_id } = await db.selectFrom('tenants').select('id as tenant_id').executeTakeFirstOrThrow()
    const connection = await findConnection(services, tenant_id, connectionId)
    assert.deepEqual((await openConfig(services, connection)).region, 'europe')
    const { credentials } = await readGrant(services, connection)
    const { access_token, refresh_token } = credentials.reveal()
    const seed = readFileSync(join(dataDirectory, 'lab/client-seed'))
    return {
      access_token: String(access_token),
      refresh_token: String(refresh_token),
      client_secret: createHmac('sha256', seed).update('sluice-demo').digest('base64url'),
    }
  } finally {
    await close()
  }
}

function findInFiles(directory: string, secrets: Record<string, string>): string[] {
  const files = readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .map((name) => join(directory, name))
    .filter((path) => statSync(path).isFile())
  assert.ok(files.length > 100)
  return files.flatMap((path) => {
    const content = readFileSync(path)
    return Object.entries(secrets).flatMap(([name, value]) =>
      formsOf(value).some((form) => content.includes(form)) ? [`${name} in ${path}`] : [],
    )
  })
}

function formsOf(value: string): string[] {
  const bytes = Buffer.from(value)
  return [value, bytes.toString('base64').replace(/=+$/, ''), bytes.toString('hex')]
}
