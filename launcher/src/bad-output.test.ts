// What connectors print that they should not, in every protocol that speaks in lines: a clear verdict that names the
// connector, and the state as of the last good checkpoint.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonObject } from '@sluice/connector-specs'
import { launchScript } from './fixtures/launch-script.ts'
import type { Launch } from './launch.ts'
import { offered } from './protocol/protocol.ts'
import { protocolOf } from './protocol/protocol-of.ts'
import type { CaptureRequest } from './protocol/requests.ts'
import { type ReadToEnd, readToEnd } from './testing/read-to-end.ts'

type Name = 'flow' | 'airbyte' | 'singer'

interface Dialect {
  resource_config: JsonObject
  /** Scripts: what stands before and after the bad output. `begin` ends with a checkpoint after one document. */
  begin: string
  record(stream: string): string
  /** JSON of a message of a type that nobody knows. */
  unknown: string
  /** Where the checkpoint's mark stands in the state. */
  mark(state: JsonObject): unknown
  wrap(script: string): string
}

const DIALECTS: Record<Name, Dialect> = {
  flow: {
    resource_config: { stream: 'pets' },
    begin: `answer({ opened: {} }); answer({ captured: { binding: 0, doc: { id: 1 } } })
      answer({ checkpoint: { state: { updated: { at: 1 } } } });`,
    record: (stream) => `{ captured: { binding: ${stream === 'pets' ? 0 : 7}, doc: { id: 2 } } }`,
    unknown: '{ telepathy: {} }',
    mark: ({ at }) => at,
    wrap: (script) => `onRequest((key) => {
      if (key === 'apply') answer({ applied: {} })
      if (key === 'open') { process.stdin.unref?.(); ${script} }
    })`,
  },
  airbyte: {
    resource_config: { stream: 'pets', syncMode: 'full_refresh' },
    begin: `answer({ type: 'RECORD', record: { stream: 'pets', data: { id: 1 }, emitted_at: 1 } })
      answer({ type: 'STATE', state: { type: 'LEGACY', data: { at: 1 } } });`,
    record: (stream) => `{ type: 'RECORD', record: { stream: '${stream}', data: { id: 2 }, emitted_at: 1 } }`,
    unknown: `{ type: 'TELEPATHY', telepathy: {} }`,
    mark: ({ legacy }) => (legacy as JsonObject | undefined)?.at,
    wrap: (script) => script,
  },
  singer: {
    resource_config: { tap_stream_id: 'pets' },
    begin: `answer({ type: 'SCHEMA', stream: 'pets', schema: {}, key_properties: ['id'] })
      answer({ type: 'RECORD', stream: 'pets', record: { id: 1 } }); answer({ type: 'STATE', value: { at: 1 } });`,
    record: (stream) => `{ type: 'RECORD', stream: '${stream}', record: { id: 2 } }`,
    unknown: `{ type: 'TELEPATHY' }`,
    mark: ({ value }) => (value as JsonObject | undefined)?.at,
    wrap: (script) => script,
  },
}

async function read(name: Name, bad: string, options: Partial<Launch> = {}, begin?: string): Promise<ReadToEnd> {
  const dialect = DIALECTS[name]
  const launch = launchScript(dialect.wrap(`${begin ?? dialect.begin} ${bad}`), options)
  const request: CaptureRequest = {
    name: 'acme/pets',
    config: {},
    state: {},
    bindings: [
      {
        collection: { name: 'acme/pets', key: ['/id'], schema: {} },
        resource_config: dialect.resource_config,
        resource_path: ['pets'],
      },
    ],
  }
  return await readToEnd(offered(protocolOf(name), 'read')({ ...launch, command: [...launch.command, '--'] }, request))
}

function refused(name: Name, result: ReadToEnd, code: string, sentence: RegExp): void {
  assert.equal(result.error?.code, code, `${result.error?.code}: ${result.message}`)
  assert.match(result.message, /^The connector test-connector /)
  assert.match(result.message, sentence)
  assert.equal(DIALECTS[name].mark(result.state), 1, 'the last good checkpoint')
  assert.deepEqual(result.documents.map(({ id }) => id).slice(0, 1), [1])
}

for (const name of ['flow', 'airbyte', 'singer'] as const) {
  const { record, unknown } = DIALECTS[name]

  test(`${name}: a line of 100 MB is refused before it is held in memory`, async () => {
    const before = process.memoryUsage.rss()
    const bad = `const piece = Buffer.alloc(1e6, 'x'); let n = 0; process.stdout.write('{"type":"RECORD","pad":"')
      const more = () => { while (n < 100) { n++; if (!process.stdout.write(piece)) return process.stdout.once('drain', more) } }; more()`
    const result = await read(name, bad, { limits: { max_line_bytes: 1e6, grace_ms: 200 } })
    refused(name, result, 'output_too_large', /a line longer than 1000000 bytes .*raise max_line_bytes/)
    assert.ok(process.memoryUsage.rss() - before < 80e6)
    assert.ok(result.message.length < 500)
  })

  test(`${name}: a message that is not UTF-8, cut short or mixed with other text is refused`, async () => {
    const invalid = `process.stdout.write(Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xff]), Buffer.from('"}\\n')]))`
    refused(name, await read(name, invalid), 'malformed_output', /printed a line that is not UTF-8/)
    const half = `process.stdout.write(JSON.stringify(${record('pets')}).slice(0, 30)); setTimeout(() => process.exit(), 20)`
    refused(name, await read(name, half), 'malformed_output', /unfinished last line|not whole JSON/)
    const cut = `process.stdout.write(JSON.stringify(${record('pets')}).slice(0, 30) + '\\n'); answer(${record('pets')})`
    refused(name, await read(name, cut), 'malformed_output', /no protocol message|not whole JSON/)
    const mixed = `process.stdout.write('Loading… ' + JSON.stringify(${record('pets')}) + '\\n')`
    refused(name, await read(name, mixed), 'malformed_output', /no protocol message|mixed with other text/)
  })

  test(`${name}: a record of something that was not asked for is refused`, async () => {
    refused(
      name,
      await read(name, `answer(${record('cats')})`),
      'protocol',
      /cats, which it was not asked for|binding 7/,
    )
  })

  test(`${name}: a connector that closes its output and lives on is ended in time`, async () => {
    const started = performance.now()
    const bad = `setTimeout(() => { require('node:fs').closeSync(1); setInterval(() => {}, 1000) }, 20)`
    const result = await read(name, bad, { limits: { timeout_ms: 500, grace_ms: 100 } })
    refused(name, result, 'timeout', /closed its output and then did not exit/)
    assert.ok(performance.now() - started < 10_000)
  })

  test(`${name}: a connector that leaves a fork behind which holds its output is over with its exit`, async () => {
    const bad = `require('node:child_process').spawn('sleep', ['60'], { detached: true, stdio: ['ignore', 'inherit', 'ignore'] }).unref()
      setTimeout(() => process.exit(), 20)`
    const started = performance.now()
    const result = await read(name, bad)
    assert.equal(result.error, null, result.message)
    assert.deepEqual([result.events.at(-1), DIALECTS[name].mark(result.state)], [{ type: 'done', reason: 'exited' }, 1])
    assert.ok(performance.now() - started < 10_000)
  })

  test(`${name}: a connector that is killed, or ends badly, is told of with its state`, async () => {
    const killed = `setTimeout(() => process.kill(process.pid, 'SIGKILL'), 20)`
    refused(name, await read(name, killed), 'killed', /ended by SIGKILL while/)
    const failed = `process.stderr.write('CRITICAL out of cheese\\n'); setTimeout(() => process.exit(3), 20)`
    refused(name, await read(name, failed), 'exited', /exited with code 3 while \w+: .*out of cheese/)
  })

  test(`${name}: a message of an unknown type is ${name === 'flow' ? 'refused' : 'left out, and said to be'}`, async () => {
    const result = await read(name, `answer(${unknown}); setTimeout(() => process.exit(), 20)`)
    if (name === 'flow') return refused(name, result, 'protocol', /answered "telepathy"/)
    assert.equal(result.error, null, result.message)
    const warned = result.events.some((event) => event.type === 'log' && /unknown type TELEPATHY/.test(event.message))
    assert.equal(warned, true)
  })
}

for (const name of ['airbyte', 'singer'] as const) {
  test(`${name}: text that is no message is a log, redacted, and stops nothing`, async () => {
    const bad = `console.log('Loading with hunter2hunter2'); console.log("{'a': 1}"); answer(${DIALECTS[name].record('pets')})`
    const result = await read(name, bad, { secrets: ['hunter2hunter2'] })
    assert.equal(result.error, null, result.message)
    assert.deepEqual(
      result.events.flatMap((event) => (event.type === 'log' ? [event.message] : [])),
      ['Loading with [redacted]', "{'a': 1}"],
    )
    assert.equal(result.documents.length, 2)
  })

  test(`${name}: lines that pass unparsed are judged alike`, async () => {
    const dialect = DIALECTS[name]
    const launch = launchScript(
      `${dialect.begin} for (let n = 0; n < 3; n++) answer(${dialect.record('pets')}); answer(${dialect.record('cats')})`,
    )
    const collection = { name: 'acme/pets', key: ['/id'], schema: {} }
    const bindings = [{ collection, resource_config: dialect.resource_config, resource_path: ['pets'] }]
    const reading = offered(protocolOf(name), 'readWire')(
      { ...launch, command: [...launch.command, '--'] },
      { name: 'x', config: {}, state: {}, bindings },
    )
    let documents = 0
    let lines = ''
    await assert.rejects(async () => {
      for await (const event of reading) {
        if (event.type !== 'wire') continue
        documents += event.documents
        lines += event.lines.toString()
      }
    }, /stream cats, which it was not asked for/)
    assert.ok(documents <= 4 && lines.split('\n').every((line) => line === '' || JSON.parse(line)))
  })
}

test('singer: a record before its schema is refused, a state before it is not, because real taps tell it', async () => {
  const early = await read(
    'singer',
    `answer(${DIALECTS.singer.record('pets')})`,
    {},
    `answer({ type: 'STATE', value: { at: 1 } });`,
  )
  assert.deepEqual([early.error?.code, early.state.value], ['protocol', { at: 1 }])
  assert.match(early.message, /test-connector printed a record of the stream pets before its schema/)
})

test('flow: a checkpoint before the capture has opened is refused', async () => {
  const early = await read('flow', '', {}, `answer({ checkpoint: { state: { updated: { at: 1 } } } })`)
  assert.deepEqual([early.error?.code, early.state], ['protocol', {}])
  assert.match(early.message, /answered "checkpoint" where "opened" was due/)
})

test('airbyte: an exit with 0 is no success when an error was traced, a status failed or a stream is not complete', async () => {
  const status = (value: string) =>
    `answer({ type: 'TRACE', trace: { type: 'STREAM_STATUS', emitted_at: 1.5, stream_status: { stream_descriptor: { name: 'pets' }, status: '${value}' } } });`
  const traced = (failure_type: string) =>
    `answer({ type: 'TRACE', trace: { type: 'ERROR', emitted_at: 1, error: { message: 'no luck', failure_type: '${failure_type}' } } })`
  const cases: [script: string, code: string | null, verdict: string | null][] = [
    [traced('transient_error'), 'failed', 'transient'],
    [traced('system_error'), 'failed', 'connector_broken'],
    [traced('config_error'), 'refused', 'reauthorize'],
    [
      `answer({ type: 'CONNECTION_STATUS', connectionStatus: { status: 'FAILED', message: 'no luck' } })`,
      'refused',
      'reauthorize',
    ],
    [status('RUNNING'), 'incomplete', 'connector_broken'],
    [status('INCOMPLETE'), 'incomplete', 'connector_broken'],
    [status('COMPLETE'), null, null],
  ]
  for (const [script, code, verdict] of cases) {
    const result = await read('airbyte', script)
    assert.deepEqual([result.error?.code ?? null, result.error?.verdict ?? null], [code, verdict], script)
    assert.equal(result.events.at(-1)?.type === 'done', code === null)
    assert.equal(DIALECTS.airbyte.mark(result.state), 1)
  }
})
