import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { secret } from '@sluice/oauth'
import { loadFlowSource } from './flow-source.ts'
import { readCollection, selectTask } from './select-task.ts'
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
  await write('other.flow.yaml', 'collections: {}\n')
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
    config_path: null,
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
  const address = await refusal(task(endpoint('{ command: [x], hosts: [api.acme.com, "https://api.acme.com/"] }')))
  assert.match(address.message, /flow\.yaml:\d+:\d+: .*hosts.* must name a host, such as api\.example\.com/)
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

test('an image is taken as it stands, with what is known of other endpoints', async () => {
  await write('config.yaml', 'region: eu\n')
  const connector = '{ image: "ghcr.io/x:v1", config: config.yaml, protocol: airbyte }'
  const { image, command, cwd, config, protocol } = await task(
    `captures: { a: { endpoint: { connector: ${connector} } } }`,
  )
  assert.deepEqual([image, command, cwd, config, protocol], ['ghcr.io/x:v1', [], '', { region: 'eu' }, 'airbyte'])
  const hosted = '{ image: "ghcr.io/y:v1", command: [python3, main.py], protocol: devlake }'
  assert.deepEqual((await task(`captures: { a: { endpoint: { connector: ${hosted} } } }`)).command, [
    'python3',
    'main.py',
  ])
})

test('imports are read relative to the importing file, and their paths mean their own directories', async () => {
  await mkdir(join(directory, 'parts'), { recursive: true })
  await write('parts/config.yaml', 'region: eu\n')
  await write('parts/one.flow.yaml', `import: [../shared.flow.yaml]\n${endpoint('command: [x]\nconfig: config.yaml')}`)
  await write('shared.flow.yaml', 'collections: { acme/pets: { schema: pets.json, key: [/id] } }\n')
  await write('pets.json', '{"type":"object"}')
  const path = await write('root.yaml', 'import: [parts/one.flow.yaml, shared.flow.yaml]\n')
  const source = await loadFlowSource(path)
  const { cwd, config, config_path } = await selectTask(source, { keys: NO_KEYS })
  assert.deepEqual([cwd, config], [join(directory, 'parts'), { region: 'eu' }])
  assert.equal(config_path, join(directory, 'parts/config.yaml'))
  assert.deepEqual(readCollection(source, 'acme/pets'), { schema: { type: 'object' }, key: ['/id'] })
})

test('a destination knows the collections that it is fed from, by their read schemas, and the fields that it gets', async () => {
  const flow = {
    collections: {
      'acme/pets': {
        key: ['/id'],
        writeSchema: { type: 'object' },
        readSchema: { allOf: [{ $ref: 'flow://write-schema' }] },
      },
    },
    materializations: {
      'acme/x': {
        endpoint: { local: { command: ['x'], protobuf: true } },
        bindings: [
          { resource: {}, source: 'acme/pets', fields: { recommended: 2, include: { a: {} }, exclude: ['b'] } },
          { resource: {}, source: 'acme/vets' },
        ],
      },
    },
  }
  const source = await loadFlowSource(await write('destination.yaml', JSON.stringify(flow)))
  const { destination, protobuf, bindings, collections } = await selectTask(source, { keys: null })
  assert.deepEqual([destination, protobuf], [true, true])
  assert.deepEqual(
    bindings.map(({ target, fields }) => [target, fields]),
    [
      ['acme/pets', { recommended: 2, require: { a: {} }, exclude: ['b'] }],
      ['acme/vets', undefined],
    ],
  )
  const schema = { allOf: [{ $ref: 'flow://write-schema' }], $defs: { 'flow://write-schema': { type: 'object' } } }
  assert.deepEqual(collections, { 'acme/pets': { schema, key: ['/id'] } })
})

test('imports that are missing, go round or declare a name twice are told with their places', async () => {
  const of = async (yaml: string) => (await refusal(task(yaml))).message
  assert.match(await of('import:\n  - none.yaml\n'), /flow\.yaml:2:5: The imported file \S+none\.yaml cannot be read/)
  assert.match(await of('import: ["https://example.com/flow.yaml"]'), /:1:10: https:\S+ is not a file/)
  await write('round.yaml', 'import: [flow.yaml]\n')
  assert.match(await of('import: [round.yaml]'), /round\.yaml:1:10: .*circle: flow\.yaml → round\.yaml → flow\.yaml/)
  await write('twin.yaml', endpoint('command: [x]'))
  assert.match(
    await of(`import: [twin.yaml]\n${endpoint('command: [y]')}`),
    /twin\.yaml:2:3: acme\/one is declared twice: \S+flow\.yaml:3:3 has it too/,
  )
  await write('broken.yaml', endpoint('command: 1'))
  assert.match(await of('import: [broken.yaml]'), /broken\.yaml:5:9: .*command/)
})

test('declared secrets come from a file of their own into their places, and nothing of them is quoted', async () => {
  const secrets = await write('secrets.yaml', 'acme/token: hunter2\n')
  const of = async (local: string, path: string | undefined = secrets) =>
    selectTask(await loadFlowSource(await write('flow.yaml', endpoint(local))), { keys: NO_KEYS, secrets: path })
  const stanza = 'command: [x]\nsecrets: { acme/token: /credentials/token }'
  const { config } = await of(`${stanza}\nconfig: { region: eu, credentials: { kind: key } }`)
  assert.deepEqual(config, { region: 'eu', credentials: { kind: 'key', token: 'hunter2' } })
  const refused = async (...args: Parameters<typeof of>) => (await refusal(of(...args))).message
  const bare = await loadFlowSource(await write('flow.yaml', endpoint(stanza)))
  assert.match(
    (await refusal(selectTask(bare, { keys: NO_KEYS }))).message,
    /:6:9: The config needs acme\/token\. .*--secrets/,
  )
  assert.match(
    await refused(`${stanza}\nconfig: { credentials: { token: x } }`),
    /:6:20: .*value at \/credentials\/token/,
  )
  assert.match(await refused(`${stanza}\nconfig: { credentials: 1 }`), /does not lead to a field/)
  assert.match(await refused(stanza, await write('empty.yaml', '{}')), /empty\.yaml has no value for acme\/token/)
  assert.match(await refused(stanza, join(directory, 'none.yaml')), /none\.yaml: This file of secrets cannot be read/)
  assert.match(await refused('command: [x]'), /has no `secrets`/)
  assert.match(await refused(`${stanza}\nconfig: { sops: {} }`), /encrypted by sops and has `secrets` besides/)
  const torn = await refused(stanza, await write('torn.yaml', 'acme/token: hunter2 hunter2: ['))
  assert.equal(torn.includes('hunter2'), false)
})

test('protobuf of other protocols than Flow, unknown endpoints and other protocols are refused with what to do', async () => {
  const of = async (yaml: string) => (await refusal(task(yaml))).message
  assert.match(await of('captures: { a: { endpoint: { dekaf: {} } } }'), /Unknown endpoint kind dekaf/)
  assert.match(
    await of(endpoint('command: [x]\nprotocol: singer\nprotobuf: true')),
    /Connectors of the protocol singer do not speak protobuf/,
  )
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
