import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { ApiError, createSluiceClient, dataOf } from './index.ts'

async function serve(status: number, type: string, body: string) {
  const requests: { url: string | undefined; authorization: string | undefined }[] = []
  const server = createServer((request, response) => {
    requests.push({ url: request.url, authorization: request.headers.authorization })
    response.writeHead(status, { 'content-type': type }).end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const base_url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { base_url, requests, [Symbol.asyncDispose]: async () => void server.close() }
}

test('a call sends the API key and gives the data', async () => {
  await using server = await serve(200, 'application/json', '{"data":[],"next_cursor":null}')
  const client = createSluiceClient({ base_url: server.base_url, api_key: 'sk_test' })
  const page = await dataOf(client.GET('/v1/connections', { params: { query: { limit: 5 } } }))
  assert.deepEqual(page.data, [])
  assert.deepEqual(server.requests, [{ url: '/v1/connections?limit=5', authorization: 'Bearer sk_test' }])
})

test('a problem response becomes an ApiError with its code and violations', async () => {
  const errors = [{ pointer: '/config/region', rule: 'enum', message: 'must be one of eu, us' }]
  const problem = {
    type: 'about:blank',
    title: 'x',
    status: 422,
    detail: 'Breaks a rule.',
    code: 'invalid_config',
    errors,
  }
  await using server = await serve(422, 'application/problem+json', JSON.stringify(problem))
  const client = createSluiceClient({ base_url: server.base_url })
  await assert.rejects(dataOf(client.GET('/v1/connectors')), (error: unknown) => {
    assert.ok(error instanceof ApiError)
    assert.deepEqual([error.status, error.code, error.message], [422, 'invalid_config', 'Breaks a rule.'])
    assert.deepEqual(error.errors, errors)
    return true
  })
})

test('an HTML error page of a proxy becomes an ApiError that says so', async () => {
  await using server = await serve(502, 'text/html', '<h1>Bad gateway</h1>')
  const client = createSluiceClient({ base_url: server.base_url })
  await assert.rejects(dataOf(client.GET('/v1/connectors')), {
    name: 'ApiError',
    code: 'unexpected_response',
    status: 502,
  })
})

test('a server that is not there becomes an ApiError with code unreachable', async () => {
  const client = createSluiceClient({ base_url: 'http://127.0.0.1:1' })
  await assert.rejects(dataOf(client.GET('/v1/connectors')), { name: 'ApiError', code: 'unreachable', status: 0 })
})
