import assert from 'node:assert/strict'
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { type LabOptions, startLab } from './index.ts'
import { authorize, getApi, refresh, revoke } from './test-client.ts'

const directory = mkdtempSync(join(tmpdir(), 'lab-state-'))
after(() => rmSync(directory, { recursive: true }))

const CLIENT = { client_id: 'restarted', client_secret: 'state-test-secret', redirect_uris: ['http://localhost:9/cb'] }

test('tokens live on after a restart, and the state file holds neither them nor the client secret', async () => {
  const state_file = join(directory, 'lives-on.ndjson')
  const options: LabOptions = { state_file, clients: [CLIENT], rotation: 'always' }
  const first = await startLab(options)
  const tokens = await authorize(first, CLIENT)
  await first.close()

  const second = await startLab(options)
  try {
    assert.equal((await getApi(second, '/api/me', tokens.access_token)).body.account.id, 'alice')
    const fresh = await refresh(second, CLIENT, tokens.refresh_token)
    const secrets = [tokens.access_token, tokens.refresh_token, fresh.access_token, fresh.refresh_token]
    const file = readFileSync(state_file, 'utf8')
    for (const value of [...secrets, CLIENT.client_secret]) assert.equal(file.includes(value ?? ''), false)
    assert.equal(statSync(state_file).mode & 0o777, 0o600)
  } finally {
    await second.close()
  }
})

test('what was spent or revoked before a restart stays so', async () => {
  const options: LabOptions = { state_file: join(directory, 'spent.ndjson'), clients: [CLIENT], rotation: 'always' }
  const first = await startLab(options)
  const spent = await authorize(first, CLIENT)
  await refresh(first, CLIENT, spent.refresh_token)
  const revoked = await authorize(first, CLIENT)
  await revoke(first, CLIENT, revoked.refresh_token ?? '')
  await first.close()

  const second = await startLab(options)
  try {
    await assert.rejects(refresh(second, CLIENT, spent.refresh_token), { error: 'invalid_grant' })
    await assert.rejects(refresh(second, CLIENT, revoked.refresh_token), { error: 'invalid_grant' })
    assert.equal((await getApi(second, '/api/me', revoked.access_token)).status, 401)
  } finally {
    await second.close()
  }
})

test('a last line that was cut off by a crash is dropped, and the file is compacted at the start', async () => {
  const options: LabOptions = { state_file: join(directory, 'cut-off.ndjson'), clients: [CLIENT] }
  const lines = () => readFileSync(options.state_file ?? '', 'utf8').split('\n').length
  const first = await startLab(options)
  const tokens = await authorize(first, CLIENT)
  await first.close()
  const linesBefore = lines()
  appendFileSync(options.state_file ?? '', '{"key":"AccessTok')

  const second = await startLab(options)
  try {
    assert.ok(lines() < linesBefore, `${lines()} lines after ${linesBefore}`)
    assert.equal((await getApi(second, '/api/me', tokens.access_token)).status, 200)
  } finally {
    await second.close()
  }
})

test('a state file with a damaged line is refused with its place', async () => {
  const state_file = join(directory, 'damaged.ndjson')
  writeFileSync(state_file, 'no journal\n')
  await assert.rejects(startLab({ state_file }), {
    code: 'invalid_state_file',
    message: /damaged\.ndjson:1 is not JSON/,
  })
})
