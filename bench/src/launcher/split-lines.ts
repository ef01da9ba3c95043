// A program that reads a tap's output by a loop that only splits lines, and prints its rate in MB/s. A
// process of its own, because in one with a large heap the collection of the chunks takes longer than the loop.
import { spawn } from 'node:child_process'
import { MB, RECORD_BYTES, tapScript } from './endless-tap.ts'

const bytes = Number(process.argv[2])
const started = performance.now()
// In a session of its own, as connectors are: the kernel shares processors out among sessions first.
const child = spawn('/bin/sh', ['-c', tapScript(bytes)], { stdio: ['ignore', 'pipe', 'ignore'], detached: true })
let lines = 0
for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
  for (let end = chunk.indexOf(0x0a); end !== -1; end = chunk.indexOf(0x0a, end + 1)) lines += 1
}
// A schema and a state stand around the records.
if (lines - 2 !== Math.floor(bytes / RECORD_BYTES)) throw new Error(`${lines} lines came`)
process.stdout.write(String(bytes / MB / ((performance.now() - started) / 1000)))
