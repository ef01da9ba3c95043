// That the routes use their tenant's handle, and not the system's, under which row-level security lets everything through.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

/** What serves all tenants, by its nature: an operator's view. */
const FOR_OPERATORS = ['tenants/', 'keys/', 'health/']
/** Ask no table. */
const WITHOUT_DATABASE = ['connectors/']

test('S47 every route of the API reaches the database as its caller’s tenant', () => {
  const folder = fileURLToPath(new URL('..', import.meta.url))
  const routes = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => {
    if (!file.endsWith('.ts') || file.endsWith('.test.ts')) return false
    return /path: '\/v1\//.test(readFileSync(join(folder, file), 'utf8'))
  })
  assert.ok(routes.length > 30)
  const exempt = [...FOR_OPERATORS, ...WITHOUT_DATABASE]
  for (const file of routes.filter((file) => !exempt.some((start) => file.startsWith(start)))) {
    const text = readFileSync(join(folder, file), 'utf8')
    assert.match(text, /forTenant\(shared, /, `${file} does not ask as its caller’s tenant`)
    assert.doesNotMatch(text, /shared\.db/, `${file} asks as the system`)
  }
})
