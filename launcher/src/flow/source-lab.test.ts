// The lab's connector against the lab itself, launched as the product launches it.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { compileSchema, type JsonObject, withoutOAuthCredentials } from '@sluice/connector-specs'
import { type Lab, startLab } from '@sluice/lab'
import { ConnectorError } from '../connector-error.ts'
import type { RunEvent } from '../events/run-event.ts'
import type { Launch } from '../launch.ts'
import { bindCollections } from '../protocol/bind-collections.ts'
import type { CaptureRequest } from '../protocol/requests.ts'
import { authorizeAtLab } from '../testing/authorize-at-lab.ts'
import { capture } from './capture.ts'
import { discover, spec, validate } from './operations.ts'

let lab: Lab
let token: string
let launch: Launch
before(async () => {
  lab = await startLab()
  token = (await authorizeAtLab(lab, lab.addClient())).access_token
  launch = {
    name: 'lab/source-lab',
    command: ['node', 'source-lab.ts'],
    cwd: fileURLToPath(new URL('../../../lab/connectors/source-lab/', import.meta.url)),
    env: { LAB_ORIGIN: lab.origin },
    secrets: [token],
  }
})
// Without a wanted test in the file this hook runs, and the one above does not.
after(() => (lab as Lab | undefined)?.close())

const configWith = (fields: JsonObject = {}): JsonObject => ({
  region: 'all',
  credentials: { auth_type: 'oauth', access_token: token },
  ...fields,
})

async function requestFor(config: JsonObject, state: JsonObject = {}): Promise<CaptureRequest> {
  const found = await discover(launch, config)
  const bindings = bindCollections(found, { resource_path_pointers: ['/stream'], prefix: 'lab' })
  const paths = await validate(launch, { name: 'lab/source-lab', config, bindings })
  return {
    name: 'lab/source-lab',
    config,
    state,
    bindings: bindings.map((binding, index) => ({ ...binding, resource_path: paths[index]?.resource_path ?? [] })),
  }
}

/** Reads until the connector says that it has caught up. */
async function readAll(request: CaptureRequest) {
  const documents: Extract<RunEvent, { type: 'document' }>[] = []
  let state: JsonObject = {}
  for await (const event of capture(launch, request)) {
    if (event.type === 'document') documents.push(event)
    if (event.type === 'checkpoint') {
      const { bindingStateV1 } = event.state.updated
      state = { bindingStateV1: { ...(state.bindingStateV1 as JsonObject), ...(bindingStateV1 as JsonObject) } }
    }
    if (event.type === 'log' && event.message === 'caught up') break
  }
  return { documents, state }
}

test('every customer and order is read once, and a later run goes on from the state', async () => {
  const { documents, state } = await readAll(await requestFor(configWith()))
  const ids = documents.map(({ document }) => document.id)
  assert.deepEqual([ids.length, new Set(ids).size], [1250, 1250])
  assert.deepEqual(new Set(documents.map(({ binding }) => binding)), new Set([0, 1]))
  assert.deepEqual((await readAll(await requestFor(configWith(), state))).documents, [])
})

test('region, start date, order status and e-mail choice shape what is read', async () => {
  const config = configWith({
    region: 'asia',
    history: 'since',
    start_date: '2025-08-01',
    orders: { sync: 'include', status: 'paid' },
    leave_out_emails: true,
    page_size: 17,
  })
  const { documents } = await readAll(await requestFor(config))
  assert.ok(documents.length > 10)
  for (const { binding, document } of documents) {
    assert.ok(String(document.updated_at) >= '2025-08-01')
    if (binding === 0) assert.deepEqual([document.country, document.email], ['JP', undefined])
    else assert.deepEqual([document.currency, document.status], ['JPY', 'paid'])
  }
  const withoutOrders = await requestFor(configWith({ orders: { sync: 'skip' } }))
  assert.deepEqual(
    withoutOrders.bindings.map(({ collection }) => collection.name),
    ['lab/customers'],
  )
})

test('validate tries the token, and says what to do when it is refused or allows too little', async () => {
  const bindings = bindCollections(await discover(launch, configWith()), { resource_path_pointers: [], prefix: 'lab' })
  const refused = async (access_token: string) => {
    const config = configWith({ credentials: { access_token } })
    return await validate({ ...launch, secrets: [access_token] }, { name: 'x', config, bindings }).then(
      () => assert.fail('should have been refused'),
      (error: ConnectorError) => error,
    )
  }
  const unknown = await refused('an-unknown-token')
  assert.ok(unknown instanceof ConnectorError)
  assert.deepEqual([unknown.code, unknown.exit_code], ['exited', 1])
  assert.match(
    unknown.message,
    /lab\/source-lab exited .*refused the access token \(401 invalid_token.*Authorize the source again/,
  )
  const narrow = await refused((await authorizeAtLab(lab, lab.addClient(), 'openid customers:read')).access_token)
  assert.match(narrow.message, /did not allow orders:read/)
})

test('a lab that is not there is named with what to start', async () => {
  const away = { ...launch, env: { LAB_ORIGIN: 'http://127.0.0.1:1' } }
  await assert.rejects(
    validate(away, { name: 'x', config: configWith(), bindings: [] }),
    /cannot be reached at http:\/\/127\.0\.0\.1:1\. Start it by `npm run lab`/,
  )
})

test('the config schema takes good configs and names what is wrong with others', async () => {
  const { config_schema, oauth2 } = await spec(launch)
  assert.equal(oauth2?.provider, 'lab')
  const rules = (config: JsonObject) =>
    compileSchema(withoutOAuthCredentials(config_schema, 'lab'))
      .validate(config)
      .map(({ pointer, rule }) => `${pointer} ${rule}`)
  assert.deepEqual(rules({}), [])
  assert.deepEqual(rules({ history: 'since', start_date: '2025-06-01', orders: { sync: 'skip' } }), [])
  assert.deepEqual(rules({ history: 'since' }), ['/start_date required'])
  assert.deepEqual(rules({ region: 'mars', page_size: 0, orders: { sync: 'include', status: 'lost' } }), [
    '/region oneOf',
    '/orders/status enum',
    '/page_size minimum',
  ])
  assert.deepEqual(
    compileSchema(config_schema)
      .validate({})
      .map(({ pointer }) => pointer),
    ['/credentials'],
  )
})
