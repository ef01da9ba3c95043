import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeLine, LineError, readWholeLines, splitLines } from './ndjson.ts'

async function* chunks(...pieces: (string | Buffer)[]): AsyncGenerator<Buffer> {
  for (const piece of pieces) yield Buffer.from(piece)
}

async function linesOf(stream: AsyncIterable<Buffer>, max = 100): Promise<{ lines: string[]; rest: string }> {
  const lines: string[] = []
  const whole = readWholeLines(stream, max)
  for (;;) {
    const { done, value } = await whole.next()
    if (done) return { lines, rest: value.toString() }
    for (const line of splitLines(value, max)) lines.push(decodeLine(line))
  }
}

const refusal = (expected: string) => (error: unknown) => error instanceof LineError && error.fault === expected

test('lines are put together across chunks, characters of several bytes included', async () => {
  const bytes = Buffer.from('{"a":"é"}\n\r\n{"b":1}\n')
  const lines = ['{"a":"é"}', '\r', '{"b":1}']
  for (let size = 1; size <= bytes.length; size += 1) {
    const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, n) =>
      bytes.subarray(n * size, (n + 1) * size),
    )
    assert.deepEqual(await linesOf(chunks(...pieces)), { lines, rest: '' }, `in pieces of ${size}`)
  }
})

test('what follows the last newline is returned', async () => {
  assert.deepEqual(await linesOf(chunks('{}\n{"cap', 'tu')), { lines: ['{}'], rest: '{"captu' })
  assert.deepEqual(await linesOf(chunks()), { lines: [], rest: '' })
})

test('a line over the limit is refused before it is complete, whether it began in this chunk or in an earlier one', async () => {
  const endless = async function* () {
    for (;;) yield Buffer.alloc(64, 'x')
  }
  await assert.rejects(linesOf(endless()), refusal('too_long'))
  await assert.rejects(linesOf(chunks('{}\n', `${'x'.repeat(101)}\n`)), refusal('too_long'))
  await assert.rejects(linesOf(chunks('x'.repeat(60), `${'x'.repeat(60)}\n`)), refusal('too_long'))
  await assert.rejects(linesOf(chunks('x'.repeat(101))), refusal('too_long'))
  assert.equal((await linesOf(chunks('x'.repeat(60), `${'x'.repeat(40)}\n`))).lines.length, 1)
})

test('invalid UTF-8 is refused', async () => {
  await assert.rejects(linesOf(chunks(Buffer.from([0x22, 0xff, 0x22, 0x0a]))), refusal('not_utf8'))
})
