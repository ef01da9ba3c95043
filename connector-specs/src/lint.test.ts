import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { lint, lintFile } from './lint.ts'
import { SpecError } from './spec-error.ts'

let directory: string
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lint-'))
})
after(() => rm(directory, { recursive: true }))

const spec = {
  provider: 'acme',
  authUrlTemplate: 'https://acme.example.com/authorize?client_id={{{client_id}}}&state={{{state}}}',
  accessTokenUrlTemplate: 'https://acme.example.com/token',
  accessTokenBody: '{"code":"{{{code}}}"}',
  accessTokenResponseMap: { access_token: 'access_token', 'a/b': '/refresh_token' },
}
const places = (findings: ReturnType<typeof lint>) =>
  findings.map(({ rule, pointer, region }) => `${rule} ${pointer} ${region?.line}:${region?.column}`)

test('findings come with the line and column of their key, in the order of the text', () => {
  assert.deepEqual(places(lint(JSON.stringify(spec, null, 2))), [
    'value_unencoded /authUrlTemplate 3:3',
    'access_token_unmapped /accessTokenResponseMap 6:3',
    'bare_word /accessTokenResponseMap/access_token 7:5',
  ])
  const yaml = `# Acme
provider: acme
authUrlTemplate: >-
  https://acme.example.com/authorize?client_id={{{client_id}}}
  &state={{{state}}}
accessTokenUrlTemplate: https://{{{config.host}}}/token
accessTokenBody: '{"code":"{{{code}}}"}'
accessTokenResponseMap: { access_token: access_token }
`
  const findings = lint(yaml)
  assert.deepEqual(places(findings), [
    'value_unencoded /authUrlTemplate 3:1',
    'host_open /accessTokenUrlTemplate 6:1',
    'access_token_missing /accessTokenResponseMap 8:1',
    'bare_word /accessTokenResponseMap/access_token 8:27',
  ])
  assert.deepEqual(findings[1]?.region, { line: 6, column: 1, end_line: 6, end_column: 56 })
  assert.deepEqual(findings[3]?.region, { line: 8, column: 27, end_line: 8, end_column: 53 })
})

test('a spec is found in what connectors and their snapshots print, and pointers lead from the root', () => {
  const wrapped = { configSchema: {}, oauth2: spec }
  for (const [value, pointer] of [
    [wrapped, '/oauth2'],
    [{ spec: wrapped }, '/spec/oauth2'],
    [[{ spec: wrapped }], '/0/spec/oauth2'],
  ] as const) {
    const findings = lint(JSON.stringify(value))
    assert.equal(findings[0]?.pointer, `${pointer}/authUrlTemplate`)
    assert.equal(findings[0]?.region?.line, 1)
  }
})

test('what is missing is placed where it should stand', () => {
  const text = '{\n  "protocol": 1,\n  "oauth2": {\n    "provider": "x"\n  }\n}'
  const missing = lint(text).filter(({ rule }) => rule === 'field_missing')
  assert.deepEqual(places(missing), [
    'field_missing /oauth2/authUrlTemplate 3:3',
    'field_missing /oauth2/accessTokenUrlTemplate 3:3',
  ])
})

test('an object has no lines', () => {
  assert.deepEqual(
    lint({ oauth2: spec }).map(({ region }) => region),
    [null, null, null],
  )
})

test('a file is linted by its path; text that is no YAML, or holds no spec, is a SpecError with its place', async () => {
  const path = join(directory, 'spec.json')
  await writeFile(path, JSON.stringify(spec))
  assert.equal((await lintFile(path)).findings.length, 3)

  const refused = (code: string, place: RegExp) => (error: unknown) => {
    assert.ok(error instanceof SpecError)
    assert.equal(error.code, code)
    assert.match(error.place ?? '', place)
    return true
  }
  await assert.rejects(lintFile(join(directory, 'no.yaml')), refused('file_not_found', /no\.yaml$/))
  assert.throws(() => lint('a: [', { path: 'a.yaml' }), refused('invalid_yaml', /^a\.yaml:1:5$/))
  for (const text of ['captures: {}', '7', '']) {
    assert.throws(() => lint(text, { path: 'a.yaml' }), refused('invalid_connector_spec', /^a\.yaml$/))
  }
})
