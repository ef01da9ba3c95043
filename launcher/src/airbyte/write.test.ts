import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RunEvent } from '../events/run-event.ts'
import { launchScript } from '../fixtures/launch-script.ts'
import type { LogEvent } from '../launch.ts'
import { resourceFor, write } from './write.ts'

const SPEAKS = `
onLine = (message) => {
  if (message.type === 'RECORD') answer({ type: 'RECORD', record: { stream: 'dry_run', data: { told: 1 }, emitted_at: 1 } })
  if (message.type === 'STATE') answer(message)
}
require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => onLine(JSON.parse(line)))`

test('a destination that tells what it would write is warned of once, and its states count all the same', async () => {
  const logs: LogEvent[] = []
  const launch = launchScript(SPEAKS, { onLog: (log) => void logs.push(log) })
  const collection = { name: 'acme/pets', schema: { type: 'object' }, key: ['/id'] }
  const binding = { collection, resource_config: {} }
  async function* input(): AsyncGenerator<RunEvent> {
    yield { type: 'document', binding: 0, document: { id: 1 } }
    yield { type: 'document', binding: 0, document: { id: 2 } }
    yield { type: 'checkpoint', state: { updated: { at: 2 }, merge_patch: false } }
  }
  const bindings = [{ ...binding, resource_config: resourceFor(binding) }]
  const events: RunEvent[] = []
  for await (const event of write(launch, { name: 'acme/x', config: {}, bindings, input: input() })) events.push(event)
  const states = events.flatMap((event) => (event.type === 'checkpoint' ? [event.state.updated] : []))
  assert.deepEqual(states, [{ at: 2 }])
  assert.equal(events.at(-1)?.type, 'done')
  assert.deepEqual(
    logs.map(({ level, message }) => [level, message]),
    [['warn', 'Messages RECORD are left out, because a destination has none to tell.']],
  )
})
