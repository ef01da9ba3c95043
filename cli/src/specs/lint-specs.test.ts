import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { runSluice } from '../testing/run-sluice.ts'

const authUrlTemplate =
  'https://acme.example.com/authorize?client_id={{#urlencode}}{{{client_id}}}{{/urlencode}}' +
  '&state={{#urlencode}}{{{state}}}{{/urlencode}}'
const clean = {
  provider: 'acme',
  authUrlTemplate,
  accessTokenUrlTemplate: 'https://acme.example.com/token',
  accessTokenBody: '{"code":"{{{code}}}"}',
  accessTokenResponseMap: { access_token: '/access_token' },
}
const doubtful = { ...clean, accessTokenResponseMap: { access_token: '/access_token', word: 'refresh_token' } }
const broken = { ...doubtful, accessTokenUrlTemplate: 'http://localhost:9/token' }

let directory: string
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-lint-'))
})
after(() => rm(directory, { recursive: true }))

async function write(name: string, spec: unknown): Promise<string> {
  const path = join(directory, name)
  await writeFile(path, JSON.stringify(spec, null, 2))
  return path
}

test('a clean spec ends with 0 and prints nothing', async () => {
  const { code, stdout, stderr } = await runSluice(['specs', 'lint', await write('clean.json', clean)])
  assert.deepEqual([code, stdout, stderr], [0, '', 'Nothing to mend.\n'])
})

test('findings are printed with file, line, column, rule and mend; an error ends with 4', async () => {
  const path = await write('broken.json', broken)
  const { code, stdout, stderr } = await runSluice(['specs', 'lint', path])
  assert.equal(code, 4)
  const [first, mend, second] = stdout.split('\n')
  assert.ok(first?.startsWith(`${path}:4:3: error: /accessTokenUrlTemplate is refused: `), first)
  assert.ok(first?.endsWith(' [refused_url]'))
  assert.match(mend ?? '', /^ {2}Write an https address/)
  assert.ok(second?.startsWith(`${path}:8:5: warning: /accessTokenResponseMap/word `), second)
  assert.match(stderr, /^error: The linter found 1 error, 1 warning\.\n {2}Mend what is listed above\.\n.*exit code 4/)
})

test('warnings alone end with 0, or with 4 by --strict; --allow-loopback lets localhost be', async () => {
  const path = await write('broken.json', broken)
  assert.equal((await runSluice(['specs', 'lint', '--allow-loopback', path])).code, 0)
  assert.equal((await runSluice(['specs', 'lint', '--allow-loopback', '--strict', path])).code, 4)
})

test('--json prints one record a finding, for several files and stdin', async () => {
  const paths = [await write('a.json', doubtful), await write('b.json', { oauth2: doubtful })]
  const { code, stdout } = await runSluice(['specs', 'lint', '--json', ...paths, '-'], {
    stdin: JSON.stringify({ spec: { oauth2: doubtful } }),
  })
  assert.equal(code, 0)
  const records = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  assert.deepEqual(
    records.map(({ file, line, column, rule, pointer }) => [file, line, column, rule, pointer]),
    [
      [paths[0], 8, 5, 'bare_word', '/accessTokenResponseMap/word'],
      [paths[1], 9, 7, 'bare_word', '/oauth2/accessTokenResponseMap/word'],
      ['stdin', 1, records[2].column, 'bare_word', '/spec/oauth2/accessTokenResponseMap/word'],
    ],
  )
  assert.deepEqual(Object.keys(records[0]), [
    'file',
    'line',
    'column',
    'severity',
    'rule',
    'pointer',
    'message',
    'mend',
  ])
})

test('--sarif prints one log, also when there are errors', async () => {
  const { code, stdout } = await runSluice(['specs', 'lint', '--sarif', await write('broken.json', broken)])
  assert.equal(code, 4)
  const log = JSON.parse(stdout)
  assert.equal(log.version, '2.1.0')
  assert.deepEqual(
    log.runs[0].results.map(({ ruleId }: { ruleId: string }) => ruleId),
    ['refused_url', 'bare_word'],
  )
})

test('a file that is missing, is no YAML or holds no spec is told on one line; no file at all is wrong usage', async () => {
  const yaml = join(directory, 'broken.yaml')
  await writeFile(yaml, 'provider: [')
  const none = await write('none.json', { captures: {} })
  for (const [path, exit, words] of [
    [join(directory, 'no.json'), 3, /no\.json: This file cannot be read/],
    [yaml, 3, /broken\.yaml:1:12: Not valid YAML/],
    [none, 4, /none\.json: There is no OAuth spec in it/],
  ] as const) {
    const { code, stdout, stderr } = await runSluice(['specs', 'lint', path])
    assert.deepEqual([code, stdout], [exit, ''])
    assert.match(stderr, words)
  }
  const { code, stderr } = await runSluice(['specs', 'lint'])
  assert.equal(code, 2)
  assert.match(stderr, /^error: missing required argument 'file'/)
  assert.equal((await runSluice(['specs', 'lint', '--json', '--sarif', none])).code, 2)
})

test('what a spec says cannot steer the terminal', async () => {
  const path = await write('hostile.json', { ...clean, '\u001b[2J\nx': 1 })
  const { stdout } = await runSluice(['specs', 'lint', path])
  assert.match(stdout, /\/\\u001b\[2J\\u000ax is not a field/)
})
