import assert from 'node:assert/strict'
import type { TokenRequest } from '@sluice/oauth'
import type { ExpectedRequest } from './expected-request.ts'

/** Refuses a request that differs from the expected one in anything: method, place, headers, a parameter more or less. */
export function checkRequest(request: TokenRequest, expected: ExpectedRequest): void {
  const url = new URL(request.url)
  assert.equal(request.method, expected.method)
  assert.equal(`${url.origin}${url.pathname}`, new URL(expected.url).href)
  assert.deepEqual(sorted(Object.entries(request.headers)), sorted(expected.headers))
  if (expected.encoding === 'query') {
    assert.equal(request.body, null)
    assert.deepEqual(sorted(url.searchParams), texts(expected.parameters))
    return
  }
  assert.equal(url.search, '')
  if (expected.encoding === 'form') {
    const form = new URLSearchParams(request.body ?? '')
    assert.deepEqual(sorted(form), texts(expected.parameters))
    assert.equal(form.toString(), request.body ?? '')
  } else {
    assert.deepEqual(sorted(Object.entries(JSON.parse(request.body ?? '{}'))), sorted(expected.parameters))
  }
}

function texts(parameters: Map<string, unknown>): [string, unknown][] {
  return sorted(Array.from(parameters, ([name, value]) => [name, String(value)]))
}

function sorted<T>(pairs: Iterable<[string, T]>): [string, T][] {
  return [...pairs].sort(([left], [right]) => (left < right ? -1 : 1))
}
