import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import { compileSchema } from '../compile-schema.ts'
import { SpecError } from '../spec-error.ts'
import { EDITOR_SCHEMA_FILE, editorSchema } from './editor-schema.ts'
import { loadProvider, PROVIDERS_DIRECTORY } from './load-provider.ts'
import { providerConfigSchema } from './provider-config-schema.ts'

let directory = ''
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'providers-'))
})
after(() => rm(directory, { recursive: true }))

const ACME = `provider: acme
title: Acme
config:
  store:
    title: Store
    pattern: '[a-z]+'
    example: shop
authorization:
  url: https://{{config.store}}.acme.example/authorize
  parameters:
    access_type: offline
token:
  url: https://{{config.store}}.acme.example/token
  response:
    tokens:
      user:
        access_token: /user/token
grants:
  authorization_code: {}
`

async function load(files: Record<string, string>, name: string) {
  for (const [file, text] of Object.entries(files)) await writeFile(join(directory, `${file}.yaml`), text)
  return loadProvider(join(directory, `${name}.yaml`))
}

async function fails(files: Record<string, string>, name: string): Promise<{ place: string | null; message: string }> {
  try {
    await load(files, name)
  } catch (error) {
    assert.ok(error instanceof SpecError)
    return { place: error.place?.replace(`${directory}/`, '') ?? null, message: error.message }
  }
  throw new assert.AssertionError({ message: 'the declaration was read' })
}

test('the JSON Schema for editors is the one made from the vocabulary', async () => {
  const written = JSON.parse(await readFile(EDITOR_SCHEMA_FILE, 'utf8'))
  assert.ok(isDeepStrictEqual(written, JSON.parse(editorSchema())), 'run write-editor-schema.ts')
})

test('the JSON Schema for editors accepts what comes with Sluice and refuses an unknown word', async () => {
  const validator = compileSchema(JSON.parse(editorSchema()))
  const { source } = await loadProvider(join(PROVIDERS_DIRECTORY, 'slack.yaml'))
  assert.deepEqual(validator.validate(source), [])
  assert.notDeepEqual(validator.validate({ ...source, colour: 'red' }), [])
})

test('an unknown word is told with its file, line and column', async () => {
  const { place, message } = await fails({ acme: ACME.replace('pattern:', 'patern:') }, 'acme')
  assert.equal(place, 'acme.yaml:4:3')
  assert.match(message, /patern/)
})

test('a placeholder that nothing declares is told at the line that reads it, however many grants share it', async () => {
  const { place, message } = await fails(
    { acme: ACME.replace('{{config.store}}.acme.example/token', '{{config.shop}}.acme.example/token') },
    'acme',
  )
  assert.equal(place, 'acme.yaml:13:3')
  assert.match(message, /\{\{config\.shop\}\}, which config does not declare\.$/)
})

test('a declaration of OAuth 1.0a is told apart by its protocol', async () => {
  const trello = await loadProvider(join(PROVIDERS_DIRECTORY, 'trello.yaml'))
  assert.ok(trello.protocol === 'oauth1')
  assert.equal(trello.plan.signature_method, 'HMAC-SHA1')
  const { protocol } = await load({ acme: ACME }, 'acme')
  assert.equal(protocol, 'oauth2')
})

const SIGNED = `provider: signed
oauth1:
  temporary_credentials_url: https://acme.example/request_token
  authorization_url: https://acme.example/authorize
  token_credentials_url: https://acme.example/access_token
api:
  base_url: https://api.acme.example
`

test('what is wrong with OAuth 1.0a is told at its line, and so are words of OAuth 2.0 beside it', async () => {
  const place = async (signed: string) => (await fails({ signed }, 'signed')).place
  assert.equal(await place(SIGNED.replace('https://acme.example/authorize', 'http://acme.example/')), 'signed.yaml:4:3')
  assert.equal(await place(SIGNED.replace('authorization_url', 'authorisation_url')), 'signed.yaml:2:1')
  assert.equal(await place(`${SIGNED}grants:\n  authorization_code: {}\n`), 'signed.yaml:8:1')
  assert.equal(await place(`${SIGNED}  token:\n    query: token\n`), 'signed.yaml:8:3')
  assert.equal(await place(`${SIGNED}  headers:\n    Authorization: x\n`), 'signed.yaml:9:5')
  assert.equal(await place(`${SIGNED}  headers:\n    x-scope: '{{scope}}'\n`), 'signed.yaml:9:5')
})

test('an alias inherits everything, merges objects, replaces the rest, and takes away by null', async () => {
  const alias =
    'provider: sub\nalias_of: acme\nauthorization:\n  parameters:\n    prompt: consent\ntoken:\n  response:\n    tokens: null\n'
  const { declaration, source } = await load({ acme: ACME, sub: alias }, 'sub')
  assert.deepEqual(declaration.authorization?.parameters, { access_type: 'offline', prompt: 'consent' })
  assert.equal(declaration.title, 'Acme')
  assert.equal(declaration.provider, 'sub')
  assert.deepEqual(source.token, { url: 'https://{{config.store}}.acme.example/token', response: {} })
})

test('null keeps an inherited parameter from being sent', async () => {
  const alias = 'provider: sub\nalias_of: acme\nauthorization:\n  parameters:\n    access_type: null\n'
  const { declaration } = await load({ acme: ACME, sub: alias }, 'sub')
  assert.deepEqual(declaration.authorization?.parameters, { access_type: null })
})

test('a fault is told in the file that wrote it, the alias or the one it inherits from', async () => {
  const alias = 'provider: sub\nalias_of: acme\n'
  const inherited = await fails({ acme: ACME.replace('authorize\n', 'authorize?a=b\n'), sub: alias }, 'sub')
  assert.equal(inherited.place, 'acme.yaml:9:3')
  const own = await fails({ acme: ACME, sub: `${alias}authorization:\n  url: http://acme.example/\n` }, 'sub')
  assert.equal(own.place, 'sub.yaml:4:3')
})

test('aliases in a circle, of nothing, and a name that is not the file’s are refused', async () => {
  const circle = await fails({ a: 'provider: a\nalias_of: b\n', b: 'provider: b\nalias_of: a\n' }, 'a')
  assert.match(circle.message, /circle/)
  assert.equal((await fails({ a: 'provider: a\nalias_of: nobody\n' }, 'a')).place, 'a.yaml:2:1')
  assert.equal(
    (await fails({ acme: ACME.replace('provider: acme', 'provider: other') }, 'acme')).place,
    'acme.yaml:1:1',
  )
})

test('an alias out of the directory is refused', async () => {
  const { place } = await fails({ a: 'provider: a\nalias_of: ../../etc/x\n' }, 'a')
  assert.equal(place, 'a.yaml:2:1')
})

test('the fields that a person fills in become a JSON Schema', async () => {
  const { declaration } = await load({ acme: ACME }, 'acme')
  const validator = compileSchema(providerConfigSchema(declaration))
  assert.deepEqual(validator.validate({ store: 'shop' }), [])
  assert.deepEqual(
    validator.validate({}).map(({ rule }) => rule),
    ['required'],
  )
  assert.deepEqual(
    validator.validate({ store: 'shop.evil' }).map(({ rule }) => rule),
    ['pattern'],
  )
})
