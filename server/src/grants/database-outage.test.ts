// A Postgres that is stopped and started again in the middle of a refresh. It is this file's own: others would miss theirs.
import assert from 'node:assert/strict'
import { rmSync, symlinkSync } from 'node:fs'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { startEmbeddedPostgres } from '../postgres/start-embedded-postgres.ts'
import { connect } from '../testing/connect-story.ts'
import { TEST_DATABASE_VARIABLE } from '../testing/database.ts'
import { defer } from '../testing/defer.ts'
import { temporaryDirectory } from '../testing/temporary-directory.ts'
import { startTestServer } from '../testing/test-server.ts'

/** Longer than reconnecting takes at first, so that connections are refused and wait. */
const OUTAGE_MS = 3000

function socketDirectoryOf({ url }: { url: string }): string {
  return new URL(url).searchParams.get('host') ?? ''
}

test('a database that is down for seconds between reply and commit gets the tokens when it is back', async (t) => {
  const directory = temporaryDirectory(t)
  let postgres = await startEmbeddedPostgres({ directory })
  const address = socketDirectoryOf(postgres)
  process.env[TEST_DATABASE_VARIABLE] = postgres.url
  defer(t, async () => {
    await postgres.stop()
    rmSync(address, { recursive: true, force: true })
  })
  let back: Promise<void> | undefined
  const server = await startTestServer(t, {
    rotation: 'always',
    refresh: {
      onStep: async (step) => {
        if (step !== 'after_reply') return
        await postgres.stop()
        back = delay(OUTAGE_MS).then(async () => {
          postgres = await startEmbeddedPostgres({ directory })
          // It has another socket each time; the server knows the first.
          symlinkSync(socketDirectoryOf(postgres), address)
        })
      },
    },
  })
  const { connection_id } = await connect(server)
  const { tenant_id } = server

  const attempt = server.services.refresher.refresh({ tenant_id, connection_id, version: 1 }, 'demand')
  while (back === undefined) await new Promise(setImmediate)
  const meanwhile = await server.api('GET', `/v1/connections/${connection_id}/credentials`)
  assert.ok(meanwhile.status >= 500, 'a reader is told, and does not hang')
  assert.equal((await attempt).outcome, 'refreshed')
  await back
  const { status, body } = await server.api('GET', `/v1/connections/${connection_id}/credentials`)
  assert.deepEqual([status, body.version], [200, 2])
  const api = await fetch(`${server.lab.origin}/api/me`, { headers: { authorization: `Bearer ${body.access_token}` } })
  assert.equal(api.status, 200)
  await api.body?.cancel()
  const { body: refreshes } = await server.api('GET', `/v1/connections/${connection_id}/refreshes`)
  assert.deepEqual([refreshes.data.length, refreshes.data[0].outcome], [1, 'refreshed'])
  assert.equal(server.lab.token_requests, 2)
})
