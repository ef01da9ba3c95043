import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LineError, readLines } from './ndjson.ts'

async function* chunks(...pieces: (string | Buffer)[]): AsyncGenerator<Buffer> {
  for (const piece of pieces) yield Buffer.from(piece)
}

async function linesOf(stream: AsyncIterable<Buffer>, max = 100): Promise<string[]> {
  const lines: string[] = []
  for await (const line of readLines(stream, max)) lines.push(line)
  return lines
}

test('lines are put together across chunks, characters of several bytes included', async () => {
  const bytes = Buffer.from('{"a":"é"}\n\r\n{"b":1}\n')
  const single = [...bytes].map((byte) => Buffer.from([byte]))
  assert.deepEqual(await linesOf(chunks(...single)), ['{"a":"é"}', '{"b":1}'])
  assert.deepEqual(await linesOf(chunks(bytes)), ['{"a":"é"}', '{"b":1}'])
})

test('a line over the limit is refused before it is complete', async () => {
  const endless = async function* () {
    for (;;) yield Buffer.alloc(64, 'x')
  }
  await assert.rejects(linesOf(endless()), (error) => error instanceof LineError && error.fault === 'too_long')
})

test('invalid UTF-8 and a half last line are refused', async () => {
  const fault = (expected: string) => (error: unknown) => error instanceof LineError && error.fault === expected
  await assert.rejects(linesOf(chunks(Buffer.from([0x22, 0xff, 0x22, 0x0a]))), fault('not_utf8'))
  await assert.rejects(linesOf(chunks('{}\n{"captu')), fault('unfinished'))
})
