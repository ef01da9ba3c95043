// The faults of bad-output.test.ts in the protocols whose connectors speak through a bridge, and in that which knows logs
// alone: a verdict that names the connector, bounded memory and time, all that was committed before.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { ProtocolName } from '@sluice/connector-specs'
import { launchScript, unconfined } from './fixtures/launch-script.ts'
import type { Launch } from './launch.ts'
import { offered } from './protocol/protocol.ts'
import { protocolOf } from './protocol/protocol-of.ts'
import type { CaptureBinding } from './protocol/requests.ts'
import { withoutPython } from './testing/python.ts'
import { type ReadToEnd, readToEnd } from './testing/read-to-end.ts'

const cwd = fileURLToPath(new URL('fixtures/faulty/', import.meta.url))
const LIMITS = { max_line_bytes: 1e6, timeout_ms: 3000, idle_ms: 20_000, grace_ms: 100 }

/** What a fault comes to: null when it does no harm. */
type Outcome = [code: string, message: RegExp] | null

const BRIDGED: Record<'devlake' | 'tightlock', Record<string, Outcome>> = {
  devlake: {
    'a line of 100 MB': ['output_too_large', /a line longer than 1000000 bytes/],
    'invalid UTF-8': ['malformed_output', /a line that is not UTF-8/],
    'half a line': ['malformed_output', /not whole JSON/],
    'interleaved garbage': ['malformed_output', /not whole JSON|mixed with other text/],
    'an unknown message': null,
    'closes its output and lives': ['exited', /the plugin closed its results and then did not exit/],
    'forks and exits': null,
    'is killed': ['exited', /exited with code 137 while collecting/],
    fails: ['exited', /exited with code 3 while collecting: .*out of cheese/],
  },
  tightlock: {
    'a line of 100 MB': ['output_too_large', /a line longer than 1000000 bytes/],
    'invalid UTF-8': ['malformed_output', /not UTF-8|no answer/],
    'half a line': ['incomplete', /ended by itself while answering get_data/],
    'interleaved garbage': ['malformed_output', /something that is no answer/],
    'rows that are no objects': ['protocol', /gave a row that is no object/],
    'closes its output and lives': ['timeout', /closed its output and then did not exit/],
    'forks and exits': ['incomplete', /ended by itself while answering get_data/],
    'is killed': ['killed', /ended by SIGKILL while answering get_data/],
    fails: ['exited', /exited with code 3 while answering get_data: .*out of cheese/],
  },
}

const scope = (id: string) => binding(id, { scope_id: id, scope: { id } })
const BINDINGS = {
  devlake: [scope('good'), scope('bad')],
  tightlock: [binding('rows', { name: 'rows', fields: ['id'], batch_size: 1 })],
}

function binding(path: string, resource_config: CaptureBinding['resource_config']): CaptureBinding {
  return { collection: { name: `acme/${path}`, key: ['/id'], schema: {} }, resource_config, resource_path: [path] }
}

async function read(name: ProtocolName, launch: Launch, bindings: CaptureBinding[]): Promise<ReadToEnd> {
  const request = { name: 'acme/x', config: {}, state: {}, bindings }
  return await readToEnd(offered(protocolOf(name), 'read')(launch, request))
}

function assertOutcome(result: ReadToEnd, outcome: Outcome): void {
  assert.equal(result.error?.code, outcome?.[0], result.message)
  if (!outcome) return
  assert.match(result.message, /^The connector test-connector /)
  assert.match(result.message, outcome[1])
  assert.ok(result.message.length < 1000)
}

for (const name of ['devlake', 'tightlock'] as const) {
  const script = { devlake: 'devlake_plugin.py', tightlock: 'tightlock_source.py' }[name]
  for (const [fault, outcome] of Object.entries(BRIDGED[name])) {
    test(`${name}: ${fault}: ${outcome?.[0] ?? 'no harm'}`, { skip: withoutPython }, async () => {
      const launch: Launch = {
        name: 'test-connector',
        command: ['python3', script],
        cwd,
        env: { FAULT: fault, PYTHONDONTWRITEBYTECODE: '1' },
        secrets: [],
        runtime: unconfined,
        limits: LIMITS,
      }
      const before = process.memoryUsage.rss()
      const started = performance.now()
      const result = await read(name, launch, BINDINGS[name])
      assertOutcome(result, outcome)
      assert.ok(process.memoryUsage.rss() - before < 80e6)
      assert.ok(performance.now() - started < 40_000)
      const [first] = result.documents
      assert.equal(first?.id, name === 'devlake' ? 'good' : 1)
      const committed = result.events.filter(({ type }) => type === 'checkpoint').length
      if (name === 'tightlock') assert.deepEqual([committed, result.state], [1, { rows: { offset: 1 } }])
      else
        assert.deepEqual(
          [committed, result.documents.length],
          outcome ? [1, 1] : [2, fault.startsWith('forks') ? 1 : 2],
        )
    })
  }
}

const LOGGED: Record<string, [script: string, outcome: Outcome]> = {
  'a line of 100 MB': [
    `const piece = Buffer.alloc(1e6, 'x'); let n = 0
     const more = () => { while (n++ < 100) if (!process.stdout.write(piece)) return process.stdout.once('drain', more) }; more()`,
    ['output_too_large', /a line longer than 1000000 bytes/],
  ],
  'invalid UTF-8': [`process.stdout.write(Buffer.from([0x61, 0xff, 0x0a]))`, null],
  'half a line': [`process.stdout.write('half')`, null],
  'interleaved garbage': [`process.stdout.write('\\x1b[2J{"type":"RECORD"}\\n\\0')`, null],
  'closes its output and lives': [
    `require('node:fs').closeSync(1); setInterval(() => {}, 1000)`,
    ['timeout', /closed its output and then did not exit/],
  ],
  'forks and exits': [
    `require('node:child_process').spawn('sleep', ['60'], { detached: true, stdio: ['ignore', 'inherit', 'ignore'] }).unref()`,
    null,
  ],
  'is killed': [`process.kill(process.pid, 'SIGKILL')`, ['killed', /ended by SIGKILL while running/]],
  fails: [
    `process.stderr.write('error: out of cheese\\n'); setTimeout(() => process.exit(3), 20)`,
    ['exited', /exited with code 3 while running: .*out of cheese/],
  ],
}

for (const [fault, [script, outcome]] of Object.entries(LOGGED)) {
  test(`environment: ${fault}: ${outcome?.[0] ?? 'no harm'}`, async () => {
    const before = process.memoryUsage.rss()
    const result = await read('environment', launchScript(script, { limits: LIMITS }), [])
    assertOutcome(result, outcome)
    assert.ok(process.memoryUsage.rss() - before < 80e6)
    assert.equal(result.events.filter(({ type }) => type === 'checkpoint').length, outcome ? 0 : 1)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: looks for them
    assert.doesNotMatch(JSON.stringify(result.events), /[\u0000-\u001f]|\\u001b/)
  })
}
