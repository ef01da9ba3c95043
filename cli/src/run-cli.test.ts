import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { COMMANDS } from './commands/index.ts'
import { EXIT_CODES } from './exit-codes.ts'
import { type LabSource, writeLabSource } from './testing/lab-source.ts'
import { runSluice } from './testing/run-sluice.ts'

let source: LabSource
before(async () => {
  source = await writeLabSource('http://localhost:9')
})
after(() => source.remove())

test('--help documents every exit code', async () => {
  const { code, stdout, stderr } = await runSluice(['--help'])
  assert.equal(code, 0)
  assert.equal(stderr, '')
  for (const { code, meaning } of Object.values(EXIT_CODES))
    assert.match(stdout, new RegExp(`^ +${code} +${meaning}`, 'm'))
})

test('--help of every command has an example and loads nothing that the command needs', async () => {
  const listModules =
    'data:text/javascript,import{registerHooks}from"node:module";registerHooks({load(u,c,n){process.stderr.write(u+"\\n");return n(u,c)}})'
  for (const { path, summary } of COMMANDS) {
    const { code, stdout, stderr } = await runSluice([...path, '--help'], { node: ['--import', listModules] })
    assert.equal(code, 0)
    assert.match(stdout, new RegExp(`Examples:\\n {2}\\$ sluice ${path.join(' ')}\\b`))
    for (const told of [/^ {2}--json /m, /^ {2}--quiet /m, /Exit codes: sluice --help/]) assert.match(stdout, told)
    assert.ok(summary.length > 0)
    assert.match(stderr, /\/commander\//)
    assert.doesNotMatch(stderr, /\/(oauth|launcher|connector-specs|lab)\/src\/|\/(ajv|zod|yaml|undici|open|@clack)\//)
  }
})

test('an unknown option or argument ends with 2 and its value is not echoed', async () => {
  for (const args of [['--tokne=hunter2'], ['--source', source.path, 'hunter2']]) {
    const { code, stdout, stderr } = await runSluice(['raw', 'spec', ...args])
    assert.equal(code, 2)
    assert.match(stderr, /^error: /)
    assert.ok(!(stdout + stderr).includes('hunter2'))
  }
})

test('a missing option is named with what it is for', async () => {
  const { code, stderr } = await runSluice(['raw', 'spec'])
  assert.equal(code, 2)
  assert.match(stderr, /^error: --source is missing\.\n {2}Add --source <flow\.yaml>: the file/)
})

test('an unknown task lists those that exist', async () => {
  const { code, stderr } = await runSluice(['raw', 'spec', '--source', source.path, '--task', 'acme/shoes'])
  assert.equal(code, 3)
  assert.match(stderr, /^error: .*There is no capture named acme\/shoes\. Those in the file: acme\/shop\.$/m)
})

test('broken YAML is told by file, line and column', async () => {
  const path = await source.write('broken.yaml', 'captures:\n  acme/shop:\n    endpoint: {local: [\n')
  const { code, stderr } = await runSluice(['raw', 'spec', '--source', path])
  assert.equal(code, 3)
  assert.match(stderr, /^error: \S+broken\.yaml:\d+:\d+: Not valid YAML/m)
})

test('a file that is not there ends with 3', async () => {
  const { code, stderr } = await runSluice(['raw', 'oauth', '--source', 'no/such/flow.yaml'])
  assert.equal(code, 3)
  assert.match(stderr, /^error: no\/such\/flow\.yaml/m)
})

test('there are no colours where there is no terminal', async () => {
  const { stderr } = await runSluice(['raw', 'oauth', '--source', source.path, '--port', '0'])
  assert.match(stderr, /^error: /m)
  assert.ok(!stderr.includes('\u001b'))
})
