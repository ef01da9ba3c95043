// The lab's tap against the lab itself, which rotates the refresh token at every use.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { type JsonObject, secretValues } from '@sluice/connector-specs'
import { type Lab, startLab } from '@sluice/lab'
import { ConnectorError } from '../connector-error.ts'
import type { Launch } from '../launch.ts'
import { bindCollections } from '../protocol/bind-collections.ts'
import type { CaptureRequest } from '../protocol/requests.ts'
import { authorizeAtLab } from '../testing/authorize-at-lab.ts'
import { kinds, readToEnd } from '../testing/read-to-end.ts'
import { discover, spec, validate } from './operations.ts'
import { read } from './read.ts'

const SAMPLE = {
  client_id: 'id',
  client_secret: 'secret',
  refresh_token: 'token',
  access_token: 'token',
  page_size: 100,
}

let lab: Lab
/** What the operator would have stored: it follows each rotation. */
let config: JsonObject
let launch: Launch
let rotations = 0
before(async () => {
  lab = await startLab({ rotation: 'always' })
  const client = lab.addClient()
  const { refresh_token } = await authorizeAtLab(lab, client)
  config = { client_id: client.client_id, client_secret: client.client_secret, refresh_token, page_size: 100 }
  launch = {
    name: 'lab/singer-tap-lab',
    command: ['node', 'singer-tap-lab.ts'],
    cwd: fileURLToPath(new URL('../../../lab/connectors/singer-tap-lab/', import.meta.url)),
    env: { LAB_ORIGIN: lab.origin },
    secrets: [],
    sample_config: SAMPLE,
  }
  const { config_schema } = await spec(launch)
  launch = {
    ...launch,
    config_schema,
    secrets: secretValues(config_schema, config),
    onConfigUpdate(rotated) {
      config = rotated.reveal()
      rotations += 1
    },
  }
})
after(() => (lab as Lab | undefined)?.close())

async function requestFor(state: JsonObject = {}): Promise<CaptureRequest> {
  const found = await discover(launch, config)
  const bindings = bindCollections(found, { resource_path_pointers: ['/tap_stream_id'], prefix: 'lab' })
  const bound = bindings.map((binding, index) => ({ ...binding, resource_path: found[index]?.resource_path ?? [] }))
  return { name: 'lab/x', config, state, bindings: bound }
}

test('without --about, the config schema is inferred from a sample config', async () => {
  const { config_schema } = await spec({ ...launch, name: 'tap' })
  const properties = config_schema.properties as Record<string, JsonObject>
  assert.deepEqual([config_schema.title, properties.page_size?.type], ['tap', 'number'])
  const secrets = Object.keys(properties).filter((name) => properties[name]?.secret === true)
  assert.deepEqual(secrets, ['client_secret', 'refresh_token', 'access_token'])
})

test('discovery reads the pretty-printed catalog, and the config that it rewrote is harvested', async () => {
  const before = { rotations, token: config.refresh_token }
  const found = await discover(launch, config)
  assert.deepEqual(
    found.map(({ recommended_name, key, resource_path }) => [recommended_name, key, resource_path]),
    [
      ['customers', ['/id'], ['customers']],
      ['orders', ['/id'], ['orders']],
    ],
  )
  assert.equal(rotations, before.rotations + 1)
  assert.notEqual(config.refresh_token, before.token)
  assert.deepEqual([config.page_size, Object.keys(config).includes('access_token')], [100, true])
})

test('validate runs the tap to its first record, and its rotation is harvested though it was stopped', async () => {
  const request = await requestFor()
  const before = rotations
  assert.deepEqual(await validate(launch, request), [{ resource_path: ['customers'] }, { resource_path: ['orders'] }])
  assert.equal(rotations, before + 1)
})

test('all is read once, the last state wins, and a later run goes on from it', async () => {
  const first = await readToEnd(read(launch, await requestFor()))
  assert.equal(first.error, null)
  assert.equal(first.documents.length, 1250)
  assert.deepEqual([...new Set(kinds(first))].sort(), [
    'activate_version',
    'checkpoint',
    'config_update',
    'document',
    'done',
    'metric',
    'opened',
    'schema',
  ])
  const metric = first.events.find((event) => event.type === 'metric')
  assert.deepEqual(metric, {
    type: 'metric',
    name: 'record_count',
    kind: 'counter',
    value: 250,
    tags: { endpoint: 'customers' },
  })
  const value = first.state.value as JsonObject
  assert.equal(value.currently_syncing, null)

  const second = await readToEnd(read(launch, await requestFor(first.state)), first.state)
  const orders = second.events.filter((event) => event.type === 'document' && event.binding === 1)
  assert.equal(orders.length, 1, 'only the order of the bookmark’s own instant is read again')
})

test('a binding that was backfilled loses its bookmark, and no other does', async () => {
  const state = {
    streams: { orders: { key: 'orders', rows: 9 } },
    value: { bookmarks: { orders: { updated_at: '2999-01-01T00:00:00Z' } } },
  }
  const request = await requestFor(state)
  const count = async (backfill: number) => {
    const bindings = request.bindings.slice(1).map((binding) => ({ ...binding, backfill }))
    return (await readToEnd(read(launch, { ...request, config, bindings }))).documents.length
  }
  assert.deepEqual([await count(0), await count(1)], [0, 1000])
})

test('old taps are given their selection by --properties', async () => {
  const request = await requestFor()
  const bindings = request.bindings.slice(0, 1)
  const old = { ...launch, catalog_argument: 'properties' as const }
  assert.equal((await readToEnd(read(old, { ...request, config, bindings }))).documents.length, 250)
})

test('a spent refresh token fails by the tap’s own words, and no secret is in them', async () => {
  const spent = { ...config, refresh_token: 'a-refresh-token-that-was-spent' }
  const error = await discover({ ...launch, secrets: [...launch.secrets, spent.refresh_token] }, spent).then(
    () => assert.fail('should have been refused'),
    (thrown: unknown) => thrown,
  )
  assert.ok(error instanceof ConnectorError)
  assert.deepEqual([error.code, error.exit_code], ['exited', 1])
  assert.match(
    error.message,
    /lab\/singer-tap-lab exited with code 1 while discovering: The lab refused the refresh token/,
  )
})
