import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { PassThrough } from 'node:stream'
import { test } from 'node:test'
import { gatherChunks } from './gather-chunks.ts'

test('what a program prints comes whole and in order, in far fewer pieces than it wrote', async () => {
  const script = `const line = 'x'.repeat(1000); for (let n = 0; n < 20000; n += 1) require('node:fs').writeSync(1, n + line + '\\n')`
  const { stdout } = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  let pieces = 0
  for await (const piece of gatherChunks(stdout)) {
    text += piece.toString('latin1')
    pieces += 1
  }
  const expected = Array.from({ length: 20_000 }, (_, n) => `${n}${'x'.repeat(1000)}\n`).join('')
  assert.ok(text === expected)
  assert.ok(pieces < 5_000, `${pieces} pieces`)
})

test('a stream is read no further than its reader takes, and gives up what it held before its error', async () => {
  const stream = new PassThrough()
  const chunks = gatherChunks(stream)[Symbol.asyncIterator]()
  let written = 0
  while (written < 100 && stream.write(Buffer.alloc(64 * 1024, 'a'))) {
    written += 1
    await new Promise(setImmediate)
  }
  assert.ok(written < 20, `${written} pieces were taken`)
  assert.ok(((await chunks.next()).value?.length ?? 0) >= 256 * 1024)
  stream.destroy(new Error('lost'))
  await assert.rejects(async () => {
    while (!(await chunks.next()).done);
  }, /lost/)
})

test('a first piece is passed on at once', async () => {
  const stream = new PassThrough()
  const chunks = gatherChunks(stream)[Symbol.asyncIterator]()
  stream.write('hello')
  assert.equal(String((await chunks.next()).value), 'hello')
  stream.end()
  assert.equal((await chunks.next()).done, true)
})
