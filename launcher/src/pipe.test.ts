import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { JsonObject, ProtocolName } from '@sluice/connector-specs'
import { type Lab, type LabClient, startLab } from '@sluice/lab'
import { assertEnded, launchScript } from './fixtures/launch-script.ts'
import type { Launch } from './launch.ts'
import { type PipeDestination, type PipeSource, pipe } from './pipe.ts'
import { bindCollections } from './protocol/bind-collections.ts'
import { offered } from './protocol/protocol.ts'
import { protocolOf } from './protocol/protocol-of.ts'
import { authorizeAtLab } from './testing/authorize-at-lab.ts'
import { readToEnd } from './testing/read-to-end.ts'

let lab: Lab
let client: LabClient
let server: Server
let address: string
/** Documents by path. */
const inbox = new Map<string, JsonObject[]>()
before(async () => {
  lab = await startLab()
  client = lab.addClient()
  server = createServer(async (request, response) => {
    const documents = (await text(request))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    inbox.set(request.url ?? '', [...(inbox.get(request.url ?? '') ?? []), ...documents])
    response.writeHead(204).end()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
after(async () => {
  await (lab as Lab | undefined)?.close()
  server?.close()
})

function launchOf(name: string): Launch {
  const cwd = fileURLToPath(new URL(`../../lab/connectors/${name}/`, import.meta.url))
  return { name, command: ['node', `${name}.ts`], cwd, env: { LAB_ORIGIN: lab.origin }, secrets: [] }
}

async function sourceOf(protocol: ProtocolName, name: string, config: JsonObject): Promise<PipeSource> {
  const asked = { protocol: protocolOf(protocol), launch: { ...launchOf(name), sample_config: config } }
  const { resource_path_pointers } = await asked.protocol.spec(asked.launch)
  const found = await offered(asked.protocol, 'discover')(asked.launch, config)
  const bindings = bindCollections(found, { resource_path_pointers, prefix: 'lab' })
  const bound = bindings.map((binding, index) => ({ ...binding, resource_path: found[index]?.resource_path ?? [] }))
  return { ...asked, request: { name: 'lab/x', config, state: {}, bindings: bound } }
}

async function credentials(): Promise<JsonObject> {
  const { client_id, client_secret } = client
  const { access_token, refresh_token } = await authorizeAtLab(lab, client)
  return { client_id, client_secret, access_token, refresh_token }
}

const sources = {
  airbyte: async () =>
    sourceOf('airbyte', 'airbyte-source-lab', {
      credentials: { ...(await credentials()), token_expiry_date: '2999-01-01T00:00:00Z' },
    }),
  singer: async () => sourceOf('singer', 'singer-tap-lab', await credentials()),
  flow: async () => {
    const source = await sourceOf('flow', 'source-lab', { region: 'all', credentials: await credentials() })
    return { ...source, request: { ...source.request, max_documents: 1250 } }
  },
}
const destinations = { airbyte: 'airbyte-destination-lab', singer: 'singer-target-lab' } as const

for (const from of ['airbyte', 'singer', 'flow'] as const) {
  for (const into of ['airbyte', 'singer'] as const) {
    test(`what a source of ${from} reads is piped into a destination of ${into}, and what was stored is committed`, async () => {
      const destination: PipeDestination = {
        protocol: protocolOf(into),
        launch: launchOf(destinations[into]),
        name: 'lab/inbox',
        config: { address: `${address}/${from}-${into}` },
      }
      const piped = await readToEnd(pipe(await sources[from](), destination))
      assert.equal(piped.error, null)
      assert.deepEqual(piped.events.at(-1), { type: 'done', reason: 'exited' })
      const orders = inbox.get(`/${from}-${into}/orders`) ?? []
      assert.deepEqual([inbox.get(`/${from}-${into}/customers`)?.length, orders.length], [250, 1000])
      assert.equal(new Set(orders.map(({ id }) => id)).size, 1000)
      assert.notDeepEqual(piped.state, {})
    })
  }
}

test('a state that was committed through a destination of the same protocol is one that the source goes on from', async () => {
  const source = await sources.airbyte()
  const launch = launchOf(destinations.airbyte)
  const destination = {
    protocol: protocolOf('airbyte'),
    launch,
    name: 'lab/inbox',
    config: { address: `${address}/resumed` },
  }
  const { state } = await readToEnd(pipe(source, destination))
  await readToEnd(pipe({ ...source, request: { ...source.request, state } }, destination))
  assert.equal(inbox.get('/resumed/orders')?.length, 1001, 'only the order of the cursor’s own instant comes again')
})

const SCRIPTED = {
  collection: { name: 'acme/pets', key: ['/id'], schema: {} },
  resource_config: { tap_stream_id: 'pets' },
  resource_path: ['pets'],
}

function scripted(script: string, options: Partial<Launch> = {}): Launch {
  const launch = launchScript(script, options)
  return { ...launch, command: [...launch.command, '--'] }
}

const TAP = `answer({ type: 'SCHEMA', stream: 'pets', schema: {}, key_properties: ['id'] });`
const RECORD = `answer({ type: 'RECORD', stream: 'pets', record: { id: 1 } });`

function scriptedPipe(tap: Launch, target: Launch) {
  const request = { name: 'acme/pets', config: {}, state: {}, bindings: [SCRIPTED] }
  const protocol = protocolOf('singer')
  return pipe({ protocol, launch: tap, request }, { protocol, launch: target, name: 'acme/target', config: {} })
}

test('when the source fails, the destination finishes what it was given, and its last state counts', async () => {
  const tap = scripted(
    `${TAP} ${RECORD} answer({ type: 'STATE', value: { at: 1 } }); ${RECORD}
    process.stderr.write('CRITICAL the source is on fire\\n'); process.exitCode = 1`,
    { name: 'tap' },
  )
  const target = scripted(
    `require('node:readline').createInterface({ input: process.stdin })
    .on('line', (line) => { const { type, value } = JSON.parse(line); if (type === 'STATE') answer(value) })`,
    { name: 'target' },
  )
  const failed = await readToEnd(scriptedPipe(tap, target))
  assert.equal(failed.message, 'The connector tap exited with code 1 while reading: the source is on fire')
  assert.deepEqual(failed.state.value, { at: 1 })
})

test('when the destination fails, the source is ended too', async () => {
  let pid = 0
  const tap = scripted(
    `log({ msg: 'up', level: 'info', pid: process.pid }); ${TAP}
    const more = () => { for (;;) if (!process.stdout.write(JSON.stringify({ type: 'RECORD', stream: 'pets', record: { id: 1 } }) + '\\n')) break; process.stdout.once('drain', more) }; more()`,
    {
      name: 'tap',
      onLog: ({ fields }) => {
        if (fields.pid) pid = Number(fields.pid)
      },
    },
  )
  const target = scripted(
    `process.stdin.once('data', () => { process.stderr.write('CRITICAL the disk is full\\n'); process.exit(1) })`,
    { name: 'target' },
  )
  const failed = await readToEnd(scriptedPipe(tap, target))
  assert.equal(failed.message, 'The connector target exited with code 1 while writing: the disk is full')
  assert.ok(pid > 0)
  await assertEnded(pid)
})

test('a target that prints a state which it was not given, or stops reading, is told of', async () => {
  const tap = scripted(`${TAP} ${RECORD} answer({ type: 'STATE', value: { at: 1 } })`)
  const early = await readToEnd(scriptedPipe(tap, scripted(`process.stdin.destroy()`, { name: 'target' })))
  assert.match(early.message, /^$|target exited before it had read all/)
  const request = { name: 'x', config: {}, bindings: [{ ...SCRIPTED }], state: {} }
  const input = (async function* () {
    yield { type: 'document' as const, binding: 0, document: { id: 1 } }
  })()
  const lying = scripted(`process.stdin.resume().on('end', () => answer({ checkpoint: 7 }))`, { name: 'target' })
  const written = await readToEnd(offered(protocolOf('singer'), 'write')(lying, { ...request, input }))
  assert.match(written.message, /target echoed a state that it was not given/)
})
