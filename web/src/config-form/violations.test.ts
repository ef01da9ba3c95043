import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isSafePattern } from './browser-schema.ts'
import type { JsonObject } from './json.ts'
import { findViolations } from './violations.ts'

const schema: JsonObject = {
  type: 'object',
  required: ['region', 'schedule'],
  properties: {
    region: { type: 'string', enum: ['eu', 'us'] },
    start_date: { type: 'string', pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' },
    password: { type: 'string', minLength: 12, secret: true },
    'a/b': { type: 'integer', minimum: 1 },
    schedule: {
      type: 'object',
      discriminator: { propertyName: 'kind' },
      oneOf: [
        {
          properties: { kind: { const: 'hourly' }, minute: { type: 'integer', maximum: 59 } },
          required: ['kind', 'minute'],
        },
        { $ref: '#/$defs/daily' },
      ],
    },
  },
  $defs: { daily: { properties: { kind: { const: 'daily' }, at: { type: 'string' } }, required: ['kind', 'at'] } },
  if: { properties: { region: { const: 'us' } }, required: ['region'] },
  // biome-ignore lint/suspicious/noThenProperty: a JSON Schema keyword
  then: { required: ['state'] },
}

const found = (config: JsonObject) =>
  findViolations(schema, config).map(({ pointer, message }) => `${pointer} ${message}`)

test('a config that fits breaks no rule', () => {
  assert.deepEqual(found({ region: 'eu', schedule: { kind: 'hourly', minute: 5 } }), [])
})

test('each broken rule is named at its field', () => {
  assert.deepEqual(found({ start_date: 'soon', 'a/b': 0, schedule: { kind: 'hourly', minute: 5 } }).toSorted(), [
    '/a~1b must be 1 or more',
    '/region is required',
    '/start_date must match the pattern ^[0-9]{4}-[0-9]{2}-[0-9]{2}$',
  ])
})

test('of a oneOf only the chosen arm speaks', () => {
  assert.deepEqual(found({ region: 'eu', schedule: { kind: 'hourly', minute: 75 } }), [
    '/schedule/minute must be 59 or less',
  ])
})

test('an arm behind a $ref speaks too', () => {
  assert.deepEqual(found({ region: 'eu', schedule: { kind: 'daily' } }), ['/schedule/at is required'])
})

test('a choice that was not made is one violation', () => {
  assert.deepEqual(found({ region: 'eu', schedule: {} }), ['/schedule must fit one of the choices'])
})

test('what a condition demands is required only while it holds', () => {
  assert.deepEqual(found({ region: 'us', schedule: { kind: 'hourly', minute: 5 } }), ['/state is required'])
})

test('a masked secret is not held against its rules', () => {
  const config = { region: 'eu', schedule: { kind: 'hourly', minute: 5 } }
  assert.deepEqual(found({ ...config, password: '********' }), [])
  assert.deepEqual(found({ ...config, password: 'short' }), ['/password must have at least 12 characters'])
})

test('S33 patterns that may take exponential time are left to the server', () => {
  for (const pattern of ['^(a+)+$', '^(a|aa)*$', '((a*)b)*', '(x{2,}){2,}', '(', '(?P<name>x)']) {
    assert.equal(isSafePattern(pattern), false, pattern)
  }
  for (const pattern of ['^[0-9]{4}-[0-9]{2}$', '^(eu|us)$', '^a+(b)?$', '\\(+', '^[(+]*$', '^/properties/[a-z]+$']) {
    assert.equal(isSafePattern(pattern), true, pattern)
  }
})

test('a schema that names a remote $ref is still usable', () => {
  assert.deepEqual(findViolations({ properties: { a: { $ref: 'https://example.com/s.json' } } }, { a: 1 }), [])
})
