// `npm start` on a Postgres that is there already.
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { connectDatabase } from '../../server/src/database/connect.ts'
import { createTestDatabase } from '../../server/src/testing/database.ts'
import { connectDemo, ownEnvironment, preview } from './testing/connect-demo.ts'
import { startedSluice } from './testing/started-sluice.ts'

test('DATABASE_URL takes the place of the embedded Postgres, migrations included', async (t) => {
  const database = await createTestDatabase()
  const environment = { ...(await ownEnvironment(t)), DATABASE_URL: database.url }
  const sluice = await startedSluice(t, environment)
  assert.ok(!existsSync(join(sluice.data_directory, 'postgres')))
  const id = await connectDemo(sluice)
  assert.equal((await preview(sluice, sluice.api_key ?? '', id)).status, 'succeeded')
  const { db, close } = connectDatabase(database.url)
  assert.deepEqual(await db.selectFrom('connections').select('id').execute(), [{ id }])
  await close()
  sluice.signal('SIGTERM')
  await sluice.ended
  await database.drop()
})
