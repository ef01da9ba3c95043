// What Singer programs do beyond reading: settings by --about, batches, metrics, rewrites up to the last moment.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonObject } from '@sluice/connector-specs'
import { launchScript } from '../fixtures/launch-script.ts'
import type { Launch } from '../launch.ts'
import { readToEnd } from '../testing/read-to-end.ts'
import { discover, spec } from './operations.ts'
import { read } from './read.ts'

function tap(script: string, options: Partial<Launch> = {}): Launch {
  const launch = launchScript(
    `const fs = require('node:fs'); const value = (option) => process.argv[process.argv.indexOf(option) + 1]
     const config = () => JSON.parse(fs.readFileSync(value('--config'), 'utf8')); ${script}`,
    options,
  )
  return { ...launch, command: [...launch.command, '--'] }
}

const collection = { name: 'acme/pets', key: ['/id'], schema: {} }
const bindings = [{ collection, resource_config: { tap_stream_id: 'pets' }, resource_path: ['pets'] }]
const SCHEMA = `answer({ type: 'SCHEMA', stream: 'pets', schema: {}, key_properties: ['id'] });`

const reading = (launch: Launch, config: JsonObject = {}, max_documents?: number) =>
  readToEnd(read(launch, { name: 'x', config, state: {}, bindings, ...(max_documents && { max_documents }) }))

test('settings are told by --about; where neither they nor a sample are there, it is said what to give', async () => {
  const about = tap(`if (process.argv.includes('--about')) console.log(JSON.stringify({ name: 'tap-pets', settings:
    { type: 'object', properties: { api_key: { type: 'string', secret: true } } } }, null, 2))`)
  const { config_schema } = await spec(about)
  assert.deepEqual(
    [config_schema.title, Object.keys(config_schema.properties as JsonObject)],
    ['tap-pets', ['api_key']],
  )
  await assert.rejects(
    spec(tap('process.exit(2)')),
    /test-connector does not tell its settings by --about.*sample config/,
  )
})

test('a rewritten config is harvested after exit 0, exit 1, a signal, and discovery', async () => {
  const rewrite = `fs.writeFileSync(value('--config'), JSON.stringify({ ...config(), token: 'token-two', region: 'moon' }));`
  const endings = ['', 'process.exit(1)', `process.kill(process.pid, 'SIGKILL')`]
  for (const operation of ['read', 'discover']) {
    for (const ending of endings) {
      const updates: JsonObject[] = []
      const launch = tap(`${rewrite} ${operation === 'discover' ? `console.log('{"streams":[]}');` : ''} ${ending}`, {
        secrets: ['token-one'],
        onConfigUpdate: (config) => void updates.push(config.reveal()),
      })
      const config = { token: 'token-one', region: 'earth' }
      await (operation === 'read' ? reading(launch, config) : discover(launch, config).catch(() => {}))
      assert.deepEqual(updates, [{ token: 'token-two', region: 'earth' }], `${operation} ${ending}`)
    }
  }
})

test('a config that was left torn is told of, and nothing is taken from it', async () => {
  const result = await reading(tap(`fs.truncateSync(value('--config'), 5); process.exit(1)`), { token: 'token-one' })
  const logs = result.events.flatMap((event) => (event.type === 'log' ? [event.message] : []))
  assert.match(logs.join(), /no readable config file; tokens that it rotated are lost/)
  assert.equal(
    result.events.some(({ type }) => type === 'config_update'),
    false,
  )
})

test('the config is a private, writable, regular file', async () => {
  const result = await reading(
    tap(`const { mode } = fs.statSync(value('--config')); const own = fs.statSync(require('node:path').dirname(value('--config'))).mode
      log({ level: 'info', msg: [mode.toString(8), (own & 0o777).toString(8)].join(' ') })`),
  )
  assert.ok(result.events.some((event) => event.type === 'log' && event.message === '100600 700'))
})

const BATCH = `const root = new URL(config().batch_config.storage.root); const { gzipSync } = require('node:zlib')
  const lines = (from) => [from, from + 1].map((id) => JSON.stringify({ id }) + '\\n').join('')
  fs.writeFileSync(root.pathname + '/one.jsonl.gz', gzipSync(lines(1))); fs.writeFileSync(root.pathname + '/two.jsonl', lines(3));
  const batch = (compression, ...manifest) => answer({ type: 'BATCH', stream: 'pets', encoding: { format: 'jsonl', compression }, manifest });`

test('batches are read from the private directory, where the tap is told to put them', async () => {
  const config = { batch_config: { encoding: { format: 'jsonl', compression: 'gzip' } } }
  const both = `${SCHEMA} ${BATCH} batch('gzip', root.href + '/one.jsonl.gz'); batch('none', root.href + '/two.jsonl'); answer({ type: 'STATE', value: { at: 4 } })`
  const all = await reading(tap(both), config)
  assert.equal(all.error, null, all.message)
  assert.deepEqual(all.documents, [{ id: 1 }, { id: 2 }, { id: 3 }, { id: 4 }])
  assert.deepEqual((await reading(tap(both), config, 3)).documents.length, 3)
})

test('a batch elsewhere, in another format, not there or not gzip is refused', async () => {
  const cases: [string, RegExp][] = [
    [`batch('none', 'file:///etc/passwd')`, /outside of its private directory/],
    [`batch('none', root.href + '/../../etc/passwd')`, /outside of its private directory/],
    [`batch('none', 's3://bucket/key')`, /outside of its private directory/],
    [`batch('none', root.href + '/none.jsonl')`, /none\.jsonl is not there/],
    [`batch('gzip', root.href + '/two.jsonl')`, /not gzip/],
    [`batch('zstd', root.href + '/two.jsonl')`, /in jsonl with zstd; only jsonl, plain or with gzip/],
    [`fs.symlinkSync('/etc/passwd', root.pathname + '/link'); batch('none', root.href + '/link')`, /link is not there/],
  ]
  for (const [script, expected] of cases) {
    const { message, documents } = await reading(tap(`${SCHEMA} ${BATCH} ${script}`), { batch_config: {} })
    assert.match(message, expected)
    assert.deepEqual(documents, [])
  }
})

test('metrics are told apart from logs, in the spellings of singer-python and of Meltano’s SDK', async () => {
  const metric = {
    type: 'timer',
    metric: 'http_request_duration',
    value: 0.5,
    tags: { endpoint: '/pets', http_status_code: 200 },
  }
  const result = await reading(
    tap(`for (const start of ['INFO METRIC: ', '2026-01-01 10:00:00,000 | INFO     | singer_sdk.metrics | METRIC: ']) {
      process.stderr.write(start + ${JSON.stringify(JSON.stringify(metric))} + '\\n') }
      process.stderr.write('WARNING slow\\n2026-01-01 10:00:00,000 | ERROR    | tap-pets | too slow\\n')`),
  )
  const { type: _type, metric: name, ...rest } = metric
  const expected = {
    type: 'metric',
    kind: 'timer',
    name,
    value: rest.value,
    tags: { endpoint: '/pets', http_status_code: '200' },
  }
  assert.deepEqual(
    result.events.filter(({ type }) => type === 'metric'),
    [expected, expected],
  )
  const logs = result.events.flatMap((event) => (event.type === 'log' ? [`${event.level} ${event.message}`] : []))
  assert.deepEqual(logs, ['warn slow', 'error tap-pets | too slow'])
})
