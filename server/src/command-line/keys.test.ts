import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runSluice } from '../testing/run-sluice.ts'
import { startTestServer } from '../testing/test-server.ts'

test('keys are rotated and told from the command line, as text, JSON or ids', async (t) => {
  const server = await startTestServer(t)
  const env = { SLUICE_SERVER: server.base_url, SLUICE_API_KEY: server.api_key }
  const before = await runSluice(['keys', 'status', '--quiet'], env)
  assert.equal(before.code, 0, before.stderr)
  const rotated = await runSluice(['keys', 'rotate', '--json'], env)
  assert.equal(rotated.code, 0, rotated.stderr)
  const { id, status } = JSON.parse(rotated.stdout)
  assert.equal(status, 'finished')
  const after = await runSluice(['keys', 'status', '--quiet'], env)
  assert.notEqual(after.stdout, before.stdout, 'the server’s own file has a new key')
  const whole = await runSluice(['keys', 'status'], env)
  assert.match(whole.stdout, new RegExp(`^key-encryption key ${after.stdout.trim()}: wraps`, 'm'))
  assert.match(whole.stdout, new RegExp(`^rotation ${id}: finished`, 'm'))
  const again = await runSluice(['keys', 'rotate', '--quiet'], env)
  assert.match(again.stdout, /^[0-9a-f-]{36}\n$/)
  assert.equal(again.stderr, '', 'a pipe gets no bar, and --quiet no notes')
})
