// What every operation answers to bad input, asked of every operation in the API's document: a typed problem with a stable
// code, and nothing changed. An operation that is new in the document is asked too; what cannot be asked of one is said
// here, with the reason.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Operation, operations, type Parameter, resolved, sampleOf } from '../testing/api-catalogue/operations.ts'
import { type PopulatedTenant, populateTenant } from '../testing/api-catalogue/populated-tenant.ts'
import { dumpTenant } from '../testing/api-catalogue/tenant-dump.ts'
import { startTestServer, type TestServer } from '../testing/test-server.ts'
import { uuidv7 } from '../uuid.ts'

/** Ids that are the same for every tenant. */
const SHARED_IDS: Record<string, string> = {
  connectors: 'the catalogue is the operator’s, and every tenant’s',
  tenants: 'only admin keys reach tenants, and those reach all of them',
}

/** Operations whose first request goes on changing rows after its answer, so that only the answer to the second is told. */
const WORK_IN_BACKGROUND: Record<string, string> = {
  'POST /v1/keys:rotate': 'seals everything anew',
  'POST /v1/runs': 'the run goes on',
  'POST /v1/webhook_endpoints/{id}/test': 'the delivery goes on',
  'POST /v1/events/{id}/redeliver': 'the delivery goes on',
}

/** Bodies that are done, where the least that the schema takes is not. */
const BODIES: Record<string, (tenant: PopulatedTenant) => object> = {
  'POST /v1/api_keys': () => ({ name: 'another', scopes: ['runs:read'] }),
  'POST /v1/connect_sessions': () => ({ connector_id: 'source-lab' }),
  'POST /v1/webhook_endpoints': () => ({ url: 'http://127.0.0.1:9/another', event_types: ['run.failed'] }),
}

interface Asked {
  server: TestServer
  tenant: PopulatedTenant
}

let asked: Asked

const ends: (() => unknown)[] = []
after(async () => {
  for (const end of ends) await end()
})

before(async () => {
  const server = await startTestServer({ after: (end) => void ends.push(end as () => unknown) }) // it asks for nothing
  asked = { server, tenant: await populateTenant(server) }
})

interface Sent {
  /** In place of the tenant's own. */
  id?: string
  query?: string
  key?: string | null
  /** As it is sent; left out: the least that the operation takes. */
  body?: string
  type?: string
  idempotency_key?: string
}

interface Answer {
  status: number
  code: string | undefined
  text: string
  headers: Headers
}

async function ask(operation: Operation, sent: Sent = {}): Promise<Answer> {
  const { server, tenant } = asked
  const id = sent.id ?? tenant.ids.get(collectionOf(operation)) ?? ''
  const path = operation.path.replace(/\{.+?\}/, id)
  const key = sent.key === undefined ? server.api_key : sent.key
  const body = sent.body ?? (operation.body && JSON.stringify(bodyFor(operation, tenant)))
  const response = await fetch(new URL(`${path}${sent.query ?? ''}`, server.base_url), {
    method: operation.method,
    headers: {
      ...(key !== null && { authorization: `Bearer ${key}` }),
      ...(body && { 'content-type': sent.type ?? 'application/json' }),
      ...(sent.idempotency_key !== undefined && { 'idempotency-key': sent.idempotency_key }),
    },
    ...(body && { body }),
    // A stream of events does not end by itself.
    signal: AbortSignal.timeout(30_000),
  })
  const isProblem = response.headers.get('content-type') === 'application/problem+json'
  const text = isProblem || response.status >= 400 ? await response.text() : ''
  await response.body?.cancel().catch(() => {})
  const problem = isProblem ? JSON.parse(text) : {}
  if (isProblem) assert.equal(problem.status, response.status)
  return { status: response.status, code: problem.code, text, headers: response.headers }
}

const collectionOf = ({ path }: Operation) => path.split('/')[2] ?? ''
const hasId = ({ path }: Operation) => path.includes('{')
const isRead = ({ method }: Operation) => method === 'GET'

function bodyFor(operation: Operation, tenant: PopulatedTenant): Record<string, unknown> {
  const known = BODIES[operation.name]?.(tenant)
  if (known !== undefined) return { ...known }
  const sample = sampleOf(operation.body?.schema ?? {}) as Record<string, unknown> // bodies are objects
  return Object.fromEntries(Object.entries(sample).map(([name, value]) => [name, tenant.references.get(name) ?? value]))
}

/** Asks of each operation, and fails where anything of the tenant is another than before. */
async function changingNothing(of: Operation[], look: (operation: Operation) => Promise<void>) {
  const dump = () => dumpTenant(asked.server.services.db, asked.server.tenant_id)
  const before = await dump()
  for (const operation of of) {
    await look(operation)
    assert.deepEqual(await dump(), before, `${operation.name} changed something`)
  }
  const faults = asked.server.logs.filter((line) => line.includes('"unexpected error"'))
  assert.deepEqual(faults, [])
}

function refused(answer: Answer, expected: [number, string], what: string) {
  assert.deepEqual([answer.status, answer.code], expected, `${what}: ${answer.text}`)
}

test('without a key that serves, every operation is refused, and says which kind of key it was', async () => {
  const { tenant, server } = asked
  const keys: [string | null, [number, string]][] = [
    [null, [401, 'not_authenticated']],
    ['sluice_mistyped', [401, 'not_authenticated']],
    [`${server.api_key.slice(0, -1)}!`, [401, 'not_authenticated']],
    [tenant.expired_key, [401, 'api_key_expired']],
    [tenant.revoked_key, [401, 'api_key_revoked']],
  ]
  await changingNothing(operations, async (operation) => {
    for (const [key, expected] of keys) refused(await ask(operation, { key }), expected, operation.name)
    const key = tenant.keys_without.get(operation.scope) ?? ''
    const answer = await ask(operation, { key })
    refused(answer, [403, 'scope_missing'], operation.name)
    assert.equal(JSON.parse(answer.text).required_scope, operation.scope)
  })
})

test('S47 every operation answers another tenant’s id exactly as one that does not exist, and changes nothing', async () => {
  const { tenant } = asked
  await changingNothing(operations.filter(hasId), async (operation) => {
    const collection = collectionOf(operation)
    const id = tenant.ids.get(collection)
    assert.ok(id !== undefined, `${operation.name}: populateTenant knows no id of ${collection}`)
    const missing = missingId(collection)
    const unknown = await ask(operation, { id: missing })
    assert.equal(unknown.status, 404, `${operation.name}: ${unknown.text}`)
    assert.match(unknown.code ?? '', /_not_found$/)
    if (collection in SHARED_IDS) return
    const key = tenant.stranger_key
    const foreign = await ask(operation, { id, key })
    assert.equal(foreign.text.replaceAll(id, '…'), unknown.text.replaceAll(missing, '…'), operation.name)
    assert.deepEqual([...foreign.headers.keys()], [...unknown.headers.keys()], operation.name)
    assert.equal(foreign.status, unknown.status, operation.name)
  })
})

const missingId = (collection: string) => (collection === 'api_keys' ? 'a'.repeat(12) : uuidv7())

test('S47 another tenant’s id in a body, a query or a cursor is answered as one that does not exist', async () => {
  const { tenant } = asked
  const key = tenant.stranger_key
  const missing = uuidv7()
  const compare = (foreign: Answer, unknown: Answer, id: string, what: string) => {
    assert.equal(foreign.status, unknown.status, `${what}: ${foreign.text}`)
    assert.equal(foreign.text.replaceAll(id, '…'), unknown.text.replaceAll(missing, '…'), what)
  }
  await changingNothing(operations, async (operation) => {
    const properties = Object.entries(resolved(operation.body?.schema ?? {}).properties ?? {})
    for (const [name, schema] of properties) {
      if (resolved(schema).format !== 'uuid') continue
      const id = tenant.references.get(name)
      assert.ok(id !== undefined, `${operation.name}: populateTenant knows no ${name}`)
      const sent = (value: string) => ({ key, body: JSON.stringify({ ...bodyFor(operation, tenant), [name]: value }) })
      const foreign = await ask(operation, sent(id))
      assert.ok(foreign.status >= 400, `${operation.name} takes another tenant’s ${name}`)
      compare(foreign, await ask(operation, sent(missing)), id, `${operation.name} ${name}`)
    }
    if (!isRead(operation) || hasId(operation)) return
    for (const { name, schema } of operation.parameters) {
      if (schema.format !== 'uuid') continue
      const id = tenant.references.get(name === 'cursor' ? 'connection_id' : name)
      assert.ok(id !== undefined, `${operation.name}: populateTenant knows no ${name}`)
      const shown = async (value: string) => {
        const { status, body } = await asked.server.api('GET', `${operation.path}?${name}=${value}`, undefined, key)
        assert.ok(status === 200 || status === 403, `${operation.name} ${name}: ${status}`)
        return body.data?.filter((row: { id: string }) => row.id !== tenant.stranger_key_id)
      }
      const isAdmins = operation.scope === 'admin'
      assert.deepEqual(await shown(id), isAdmins ? undefined : [], `${operation.name} ${name}`)
      if (name !== 'cursor') assert.deepEqual(await shown(missing), await shown(id), `${operation.name} ${name}`)
    }
  })
})

test('malformed ids, cursors, limits and filters are refused by name', async () => {
  await changingNothing(operations, async (operation) => {
    for (const parameter of operation.parameters) {
      for (const wrong of wrongValues(parameter)) {
        const sent = parameter.in === 'path' ? { id: wrong } : { query: `?${parameter.name}=${wrong}` }
        const answer = await ask(operation, sent)
        const what = `${operation.name} ${parameter.name}=${wrong.slice(0, 40)}`
        const isUnknown = parameter.in === 'path' && answer.status === 404
        if (isUnknown) assert.match(answer.code ?? '', /_not_found$|^not_found$/, what)
        else refused(answer, [422, 'invalid_request'], what)
      }
    }
  })
})

function wrongValues({ in: place, schema }: Parameter): string[] {
  if (place === 'header') return []
  if (place === 'path') return ['nonsense', '%00', '%ff', "'%20or%201=1--", '%F0%9F%92%A9', 'x'.repeat(300)]
  const { type, format, pattern, enum: listed, minimum, maximum } = resolved(schema)
  if (type === 'integer') {
    const beyond = [minimum === undefined ? [] : String(minimum - 1), maximum === undefined ? [] : String(maximum + 1)]
    return [...beyond.flat(), 'x', '1.5', '1e99', '%00']
  }
  const isFree = format === undefined && pattern === undefined && listed === undefined
  return isFree ? ['%00'] : ['nonsense', '%00', '', '9'.repeat(60)]
}

test('bodies that are too large, no JSON, of another kind or with an unknown member are refused by name', async () => {
  const large = JSON.stringify({ name: 'x'.repeat(1_100_000) })
  await changingNothing(
    operations.filter((operation) => !isRead(operation)),
    async (operation) => {
      for (const idempotency_key of [undefined, 'over-the-limit']) {
        const sent = { body: large, ...(idempotency_key && operation.method === 'POST' && { idempotency_key }) }
        refused(await ask(operation, sent), [413, 'body_too_large'], operation.name)
      }
      if (operation.body === null) return
      const good = bodyFor(operation, asked.tenant)
      const cases: [string, Sent, [number, string]][] = [
        ['not JSON', { body: '{' }, [400, 'invalid_request']],
        ['a list', { body: '[]' }, [422, 'invalid_request']],
        ['a text', { body: '"x"' }, [422, 'invalid_request']],
        ['a form', { body: 'a=b', type: 'application/x-www-form-urlencoded' }, [415, 'unsupported_media_type']],
        ['plain text', { body: JSON.stringify(good), type: 'text/plain' }, [415, 'unsupported_media_type']],
        ['an unknown member', { body: JSON.stringify({ ...good, surprise: 1 }) }, [422, 'invalid_request']],
        [
          '__proto__',
          { body: `{"__proto__":{"a":1},${JSON.stringify(good).slice(1)}`.replace(',}', '}') },
          [422, 'invalid_request'],
        ],
      ]
      for (const [name, sent, expected] of cases) {
        refused(await ask(operation, sent), expected, `${operation.name} with ${name}`)
      }
      for (const [name, schema] of Object.entries(resolved(operation.body.schema).properties ?? {})) {
        const sent = { body: JSON.stringify({ ...good, [name]: wrongType(resolved(schema).type) }) }
        refused(await ask(operation, sent), [422, 'invalid_request'], `${operation.name} with a wrong ${name}`)
      }
    },
  )
})

const wrongType = (type: string | string[] | undefined) => ([type].flat().includes('array') ? { a: 1 } : [[1]])

test('a replayed idempotency key with another body is refused by every operation that takes one', async () => {
  const { server, tenant } = asked
  const dump = () => dumpTenant(server.services.db, server.tenant_id)
  const isQuiet = ({ name }: Operation) => !(name in WORK_IN_BACKGROUND)
  const all = operations.filter(({ method }) => method === 'POST')
  const posts = [...all.filter(isQuiet), ...all.filter((operation) => !isQuiet(operation))]
  for (const [index, operation] of posts.entries()) {
    const idempotency_key = `key-${index}`
    const first = await ask(operation, { idempotency_key })
    // What is refused may be sent again with its key, so another operation uses it up.
    if (first.status >= 300) {
      const { body } = await server.api('POST', '/v1/api_keys', { name: 'x', scopes: ['runs:read'] })
      const used = await fetch(new URL('/v1/api_keys', server.base_url), {
        method: 'POST',
        headers: {
          authorization: `Bearer ${server.api_key}`,
          'content-type': 'application/json',
          'idempotency-key': idempotency_key,
        },
        body: JSON.stringify({ name: body.id, scopes: ['runs:read'] }),
      })
      assert.equal(used.status, 201, await used.text())
    }
    const before = await dump()
    const other = JSON.stringify({ ...(operation.body ? bodyFor(operation, tenant) : {}), another: index })
    const again = await ask(operation, { idempotency_key, body: other })
    refused(again, [422, 'idempotency_key_reused'], operation.name)
    refused(
      await ask(operation, { idempotency_key: 'x'.repeat(256) }),
      [422, 'invalid_idempotency_key'],
      operation.name,
    )
    if (isQuiet(operation)) assert.deepEqual(await dump(), before, operation.name)
  }
})
