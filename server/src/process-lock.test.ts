import assert from 'node:assert/strict'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { acquireProcessLock } from './process-lock.ts'
import { startProgram } from './testing/program.ts'
import { temporaryDirectory } from './testing/temporary-directory.ts'

const HOLD_LOCK = fileURLToPath(new URL('./testing/hold-lock.ts', import.meta.url))

test('a running owner keeps the lock, and its release frees it without a trace', async (t) => {
  const directory = temporaryDirectory(t)
  const path = join(directory, 'lock')

  const first = await acquireProcessLock(path)
  const second = await acquireProcessLock(path)
  assert.equal(second.lock, null)
  assert.equal(second.owner?.pid, process.pid)

  first.lock?.release()
  assert.deepEqual(readdirSync(directory), [])
  assert.ok((await acquireProcessLock(path)).lock)
})

test('the lock of a killed process is taken over', async (t) => {
  const path = join(temporaryDirectory(t), 'lock')
  const program = await startProgram(t, HOLD_LOCK, [path])
  assert.equal(program.first_line, 'held')

  const { owner } = await acquireProcessLock(path)
  assert.equal(owner?.pid, program.pid)

  await program.kill()
  assert.ok((await acquireProcessLock(path)).lock)
})

for (const [what, change] of [
  ['another process that has its pid now', { started: '1' }],
  ['a time before the last boot', { boot: '00000000-0000-0000-0000-000000000000' }],
] as const) {
  test(`a lock from ${what} is taken over`, async (t) => {
    const path = join(temporaryDirectory(t), 'lock')
    await acquireProcessLock(path)
    writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, 'utf8')), ...change }))
    assert.ok((await acquireProcessLock(path)).lock)
  })
}

for (const content of ['', '{"pid":', '[]', 'null', '{"pid":1,"started":"","boot":"","claim_id":"../../etc"}']) {
  test(`a lock damaged to ${JSON.stringify(content)} is taken over`, async (t) => {
    const path = join(temporaryDirectory(t), 'lock')
    writeFileSync(path, content)
    assert.ok((await acquireProcessLock(path)).lock)
  })
}

test('among racers for a dead process’s lock exactly one wins, also when a taker died before them', async (t) => {
  const directory = temporaryDirectory(t)
  const path = join(directory, 'lock')
  const dead = { pid: 2 ** 22 + 1, started: '1', boot: '', claim_id: '11111111-1111-4111-8111-111111111111' }
  writeFileSync(path, JSON.stringify(dead))
  writeFileSync(
    `${path}.after-${dead.claim_id}`,
    JSON.stringify({ ...dead, claim_id: dead.claim_id.replaceAll('1', '2') }),
  )

  const racers = await Promise.all(Array.from({ length: 6 }, () => startProgram(t, HOLD_LOCK, [path])))
  const winners = racers.filter((racer) => racer.first_line === 'held')
  assert.equal(winners.length, 1)
  assert.deepEqual(
    racers.filter((racer) => racer.first_line !== 'held').map((racer) => Number(racer.first_line)),
    Array(5).fill(winners[0]?.pid),
  )
  await Promise.all(racers.map((racer) => racer.finish()))
  assert.deepEqual(readdirSync(directory), [])
})
