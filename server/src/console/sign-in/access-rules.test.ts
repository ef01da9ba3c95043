import assert from 'node:assert/strict'
import { test } from 'node:test'
import { covers } from '../../api-keys/scopes.ts'
import { accessFor, parseAccessRules, roleScopes } from './access-rules.ts'

const tenant = '019a2f0e-7c51-7c3e-9d1b-3f5a8e2b6c40'

test('the first rule that fits decides: an address, a domain, or a claim', () => {
  const rules = parseAccessRules(`Ada@Example.com admin, groups=data editor ${tenant}, @example.com viewer`) ?? []
  const person = (email: string, more: object = {}) => accessFor(rules, { email, email_verified: true, ...more })?.role
  assert.equal(person('ada@example.com'), 'admin')
  assert.equal(person('bob@EXAMPLE.com'), 'viewer')
  assert.equal(person('bob@example.com', { groups: ['x', 'data'] }), 'editor')
  assert.equal(person('eve@elsewhere.example', { groups: 'data' }), 'editor')
  assert.equal(accessFor(rules, { groups: ['data'] })?.tenant_id, tenant)
})

test('what only resembles a rule fits nobody', () => {
  const rules = parseAccessRules('ada@example.com admin, @example.com viewer, groups=data editor') ?? []
  const strangers: Record<string, unknown>[] = [
    { email: 'ada@example.com' },
    { email: 'ada@example.com', email_verified: 'true' },
    { email: 'ada@example.com', email_verified: false },
    { email: 'eve@example.com.evil.example', email_verified: true },
    { email: 'eve@notexample.com', email_verified: true },
    { email: '"@example.com"@evil.example', email_verified: true },
    { email: ['ada@example.com'], email_verified: true },
    { groups: 'database' },
    { groups: { data: true } },
    {},
  ]
  for (const claims of strangers) assert.equal(accessFor(rules, claims), null, JSON.stringify(claims))
})

test('a rule that cannot be read is not passed over', () => {
  for (const wrong of ['ada@example.com', 'ada@example.com owner', 'ada viewer', '@x admin not-a-uuid', '=x admin']) {
    assert.equal(parseAccessRules(`@example.com viewer, ${wrong}`), null, wrong)
  }
})

test('viewers change nothing, and neither they nor editors see credentials', () => {
  assert.ok(roleScopes.viewer.every((scope) => scope.endsWith(':read')))
  for (const role of ['viewer', 'editor'] as const) {
    assert.ok(!covers(roleScopes[role], 'credentials:read'))
    assert.ok(!covers(roleScopes[role], 'api_keys:write'))
    assert.ok(!covers(roleScopes[role], 'admin'))
  }
})
