import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { secret } from '@sluice/oauth'
import { loadFlowSource } from './flow-source.ts'
import { selectTask } from './select-task.ts'
import { SpecError } from './spec-error.ts'

const NO_KEYS = { age_identities: secret<string[]>([]) }

let directory: string
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'flow-source-'))
})
after(() => rm(directory, { recursive: true }))

async function write(name: string, text: string): Promise<string> {
  const path = join(directory, name)
  await writeFile(path, text)
  return path
}

async function task(yaml: string, name?: string) {
  return selectTask(await loadFlowSource(await write('flow.yaml', yaml)), { name, keys: NO_KEYS })
}

async function refusal(work: Promise<unknown>): Promise<SpecError> {
  try {
    await work
  } catch (error) {
    if (error instanceof SpecError) return error
    throw error
  }
  return assert.fail('should have been refused')
}

const endpoint = (local: string) =>
  `captures:\n  acme/one:\n    endpoint:\n      local:\n${local.replace(/^/gm, '        ')}\n`

test('a capture of an unmodified flow.yaml becomes a task, foreign keys left alone', async () => {
  const flow = await task(`
import: [other.flow.yaml]
collections: { acme/pets: { schema: {}, key: [/id] } }
captures:
  acme/one:
    autoDiscover: { addNewBindings: true }
    interval: 5m
    endpoint:
      local:
        command: [python, "-m", source]
        env: { PORT: 8080, DEBUG: true }
        config: { region: antarctica, start_date: 2025-06-01 }
    bindings:
      - { resource: { stream: pets }, target: acme/pets }
      - { resource: { stream: vets }, target: acme/vets, disable: true, backfill: 2 }
`)
  assert.deepEqual(flow, {
    name: 'acme/one',
    protocol: 'flow',
    command: ['python', '-m', 'source'],
    cwd: directory,
    env: { PORT: '8080', DEBUG: 'true' },
    config: { region: 'antarctica', start_date: '2025-06-01' },
    config_overlay: null,
    bindings: [
      { resource: { stream: 'pets' }, target: 'acme/pets', disable: false },
      { resource: { stream: 'vets' }, target: 'acme/vets', disable: true },
    ],
    provider: null,
    oauth_client: null,
  })
})

test('config and OAuth client are read from files beside the flow.yaml, the secret wrapped', async () => {
  await write('config.yaml', 'region: eu\n')
  await write('client.json', '{"client_id":"id","client_secret":"hunter2"}')
  const flow = await task(endpoint('command: [x]\nconfig: config.yaml\nprotocol: flow\noauthClient: ./client.json'))
  assert.deepEqual(flow.config, { region: 'eu' })
  assert.equal(flow.oauth_client?.client_secret.reveal(), 'hunter2')
  assert.equal(JSON.stringify(flow).includes('hunter2'), false)
})

test('a missing file, a syntax error and a missing command are told with file, line and column', async () => {
  const missing = await refusal(loadFlowSource(join(directory, 'none.yaml')))
  assert.deepEqual([missing.code, missing.place], ['file_not_found', join(directory, 'none.yaml')])
  const syntax = await refusal(task('captures:\n  a: [1,\n'))
  assert.equal(syntax.code, 'invalid_yaml')
  assert.match(syntax.message, /flow\.yaml:3:1: Not valid YAML/)
  const command = await refusal(task(endpoint('config: {}')))
  assert.match(command.message, /flow\.yaml:4:7: The endpoint names no program/)
  const duplicate = await refusal(task('captures: {}\ncaptures: {}\n'))
  assert.match(duplicate.message, /:2:1: .*unique/)
})

test('an unknown task lists those that exist, and several captures ask for a name', async () => {
  const two =
    'captures:\n  a/x: { endpoint: { local: { command: [x] } } }\n  a/y: { endpoint: { local: { command: [y] } } }\n'
  assert.match((await refusal(task(two, 'a/z'))).message, /no capture named a\/z\. Those in the file: a\/x, a\/y\./)
  assert.match((await refusal(task(two))).message, /several captures, so name one\. Those in the file: a\/x, a\/y\./)
  assert.match((await refusal(task(two, 'constructor'))).message, /no capture named constructor/)
  assert.match((await refusal(task('collections: {}'))).message, /has no captures/)
  assert.deepEqual((await task(two, 'a/y')).command, ['y'])
})

test('images, protobuf, unknown endpoints and other protocols are refused with what to do', async () => {
  const of = async (yaml: string) => (await refusal(task(yaml))).message
  const image = 'captures:\n  a:\n    endpoint: { connector: { image: "ghcr.io/x:v1", config: {} } }\n'
  assert.match(await of(image), /:3:5: .*image.* not supported yet by the process runtime/)
  assert.match(await of('captures: { a: { endpoint: { dekaf: {} } } }'), /Unknown endpoint kind dekaf/)
  assert.match(await of(endpoint('command: [x]\nprotobuf: true')), /JSON lines/)
  assert.match(
    await of(endpoint('command: [x]\nprotocol: telepathy')),
    /:6:9: .*protocol: must be one of flow, airbyte, singer/,
  )
})

test('a broken config or client file is told by its place, never by its text', async () => {
  await write('bad.json', '{"client_id": "id", "client_secret": hunter2 hunter2: [')
  const error = await refusal(task(endpoint('command: [x]\noauthClient: bad.json')))
  assert.equal(error.code, 'invalid_oauth_client')
  assert.match(error.message, /^bad\.json:1:\d+/)
  assert.equal(error.message.includes('hunter2'), false)
  assert.equal(error.cause, undefined)
  const absent = await refusal(task(endpoint('command: [x]\nconfig: none.yaml')))
  assert.match(absent.message, /flow\.yaml:6:9: none\.yaml cannot be read/)
  await write('list.yaml', '- 1\n')
  assert.match((await refusal(task(endpoint('command: [x]\nconfig: list.yaml')))).message, /must hold an object/)
})
