// The lab's Airbyte source against the lab itself, asked in Flow's words.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { type JsonObject, secretValues } from '@sluice/connector-specs'
import { type Lab, type LabClient, startLab } from '@sluice/lab'
import { ConnectorError } from '../connector-error.ts'
import type { Launch } from '../launch.ts'
import { bindCollections } from '../protocol/bind-collections.ts'
import type { CaptureRequest } from '../protocol/requests.ts'
import { authorizeAtLab } from '../testing/authorize-at-lab.ts'
import { kinds, readToEnd } from '../testing/read-to-end.ts'
import { check, discover, spec, validate } from './operations.ts'
import { read } from './read.ts'

const PAST = '2020-01-01T00:00:00Z'
const FUTURE = '2999-01-01T00:00:00Z'

let lab: Lab
let client: LabClient
let base: Omit<Launch, 'secrets'>
before(async () => {
  lab = await startLab({ rotation: 'always' })
  client = lab.addClient()
  base = {
    name: 'lab/airbyte-source-lab',
    command: ['node', 'airbyte-source-lab.ts'],
    cwd: fileURLToPath(new URL('../../../lab/connectors/airbyte-source-lab/', import.meta.url)),
    env: { LAB_ORIGIN: lab.origin },
  }
})
after(() => (lab as Lab | undefined)?.close())

async function configWith(token_expiry_date: string, scope?: string): Promise<JsonObject> {
  const { client_id, client_secret } = client
  const { access_token, refresh_token } = await authorizeAtLab(lab, client, scope)
  return { credentials: { client_id, client_secret, access_token, refresh_token, token_expiry_date } }
}

async function launchWith(config: JsonObject, rest: Partial<Launch> = {}): Promise<Launch> {
  const { config_schema } = await spec({ ...base, secrets: [] })
  return { ...base, config_schema, secrets: secretValues(config_schema, config), ...rest }
}

async function requestFor(launch: Launch, config: JsonObject, state: JsonObject = {}): Promise<CaptureRequest> {
  const bindings = bindCollections(await discover(launch, config), {
    resource_path_pointers: ['/namespace', '/stream'],
    prefix: 'lab',
  })
  const paths = await validate(launch, { name: 'lab/x', config, bindings })
  return {
    name: 'lab/x',
    config,
    state,
    bindings: bindings.map((binding, index) => ({ ...binding, resource_path: paths[index]?.resource_path ?? [] })),
  }
}

test('the spec is in the words of Flow, with what Airbyte says of OAuth beside it', async () => {
  const described = await spec({ ...base, secrets: [] })
  assert.equal(described.config_schema.title, 'Lab shop (Airbyte)')
  assert.deepEqual(described.resource_path_pointers, ['/namespace', '/stream'])
  assert.equal(typeof described.airbyte?.advanced_auth, 'object')
})

test('streams become bindings: incremental where there is a key, else read anew and numbered', async () => {
  const config = await configWith(FUTURE)
  const [customers, orders] = await discover(await launchWith(config), config)
  assert.deepEqual(customers?.resource_config, { stream: 'customers', syncMode: 'full_refresh' })
  assert.deepEqual([customers?.key, orders?.key], [['/_meta/row_id'], ['/id']])
  assert.deepEqual(orders?.resource_config, { stream: 'orders', syncMode: 'incremental', cursorField: ['updated_at'] })
})

for (const state_kind of ['stream', 'global', 'legacy']) {
  test(`all is read once, and a later run goes on from ${state_kind} state`, async () => {
    const config = { ...(await configWith(FUTURE)), state_kind }
    const launch = await launchWith(config)
    const first = await readToEnd(read(launch, await requestFor(launch, config)))
    assert.equal(first.error, null)
    assert.deepEqual([first.documents.length, first.events.at(-1)], [1250, { type: 'done', reason: 'exited' }])
    assert.deepEqual([first.events[0]?.type, first.events.at(-2)?.type], ['opened', 'checkpoint'])
    const rows = first.documents.map(({ _meta }) => (_meta as JsonObject).row_id)
    assert.deepEqual(rows.slice(0, 3), [0, 1, 2])
    assert.equal(kinds(first).filter((type) => type === 'progress').length > 4, true)

    const second = await readToEnd(read(launch, await requestFor(launch, config, first.state)), first.state)
    const orders = second.events.filter((event) => event.type === 'document' && event.binding === 1)
    assert.equal(orders.length, 1, 'only the order of the cursor’s own instant is read again')
    assert.equal(orders[0]?.type === 'document' && (orders[0].document._meta as JsonObject).row_id, 1000)
  })
}

test('a rotated config is harvested whole, but only its secrets and its expiry are kept', async () => {
  const config: JsonObject = { ...(await configWith(PAST)), page_size: 50 }
  const launch = await launchWith(config)
  const updates: JsonObject[] = []
  await check({ ...launch, onConfigUpdate: (update) => updates.push(update.reveal()) }, config)
  const [update] = updates
  const credentials = update?.credentials as JsonObject
  const before = config.credentials as JsonObject
  assert.equal(updates.length, 1)
  assert.notEqual(credentials.refresh_token, before.refresh_token)
  assert.ok(String(credentials.token_expiry_date) > PAST)
  assert.deepEqual([update?.page_size, credentials.client_id], [50, before.client_id])
  // The harvested config works; the old one is spent.
  await check(launch, update ?? {})
})

test('a config that was rotated before a failure is harvested, and in no log or error', async () => {
  const config = await configWith(PAST, 'openid offline_access')
  const updates: string[] = []
  const logs: unknown[] = []
  const launch = await launchWith(config, {
    onConfigUpdate: (update) => updates.push(String((update.reveal().credentials as JsonObject).refresh_token)),
    onLog: (log) => void logs.push(log),
  })
  const bindings = [{ resource_path: ['orders'], resource_config: { stream: 'orders', syncMode: 'full_refresh' } }]
  const collection = { name: 'lab/orders', key: ['/id'], schema: {} }
  const request = { name: 'x', config, state: {}, bindings: bindings.map((binding) => ({ ...binding, collection })) }
  const failed = await readToEnd(read(launch, request))
  assert.deepEqual([failed.error?.code, failed.error?.verdict, failed.error?.exit_code], ['refused', 'reauthorize', 1])
  assert.match(
    failed.message,
    /lab\/airbyte-source-lab cannot work with this config: The lab did not allow \/api\/orders/,
  )
  assert.equal(updates.length, 1)
  assert.ok(failed.events.some(({ type }) => type === 'config_update'))
  assert.equal(
    JSON.stringify([failed.events, logs, failed.message, failed.error?.stderr]).includes(updates[0] ?? ''),
    false,
  )
})

test('a check that fails exits with 0 and is refused with the connector’s reason', async () => {
  const config = await configWith(FUTURE)
  const broken = { credentials: { ...(config.credentials as JsonObject), access_token: 'an-unknown-token' } }
  const error = await check(await launchWith(broken), broken).then(
    () => assert.fail('should have been refused'),
    (thrown: unknown) => thrown,
  )
  assert.ok(error instanceof ConnectorError)
  assert.deepEqual([error.code, error.verdict, error.exit_code], ['refused', 'reauthorize', 0])
  assert.match(error.message, /refused the access token/)
})
