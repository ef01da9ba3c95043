import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonObject, JsonValue } from '@sluice/oauth'
import { compileSchema } from './compile-schema.ts'
import { SpecError } from './spec-error.ts'

const rules = (schema: JsonObject, config: JsonValue) =>
  compileSchema(schema)
    .validate(config)
    .map(({ pointer, rule }) => `${pointer} ${rule}`)

const refusal = (schema: JsonObject) => {
  try {
    compileSchema(schema)
  } catch (error) {
    assert.ok(error instanceof SpecError)
    assert.equal(error.code, 'invalid_schema')
    return error.message
  }
  return assert.fail('should have been refused')
}

test('S33 the pattern ^(a+)+$ runs on RE2: it judges 100,000 characters at once', () => {
  const validator = compileSchema({ properties: { a: { pattern: '^(a+)+$' } } })
  const started = performance.now()
  assert.equal(validator.validate({ a: `${'a'.repeat(100_000)}b` })[0]?.rule, 'pattern')
  assert.deepEqual(validator.validate({ a: 'a'.repeat(100_000) }), [])
  assert.ok(performance.now() - started < 2000)
})

test('S33 patterns in property names run on RE2 too, and repeated repetition is not compiled', () => {
  const started = performance.now()
  const evil = `${'a'.repeat(50_000)}b`
  assert.deepEqual(rules({ patternProperties: { '^(a|a)*$': false } }, { [evil]: 1 }), [])
  const { unenforced_patterns } = compileSchema({ pattern: '((a{1000}){1000}){1000}' })
  assert.equal(unenforced_patterns.length, 1)
  assert.ok(performance.now() - started < 2000)
})

test('S33 a remote, unknown or dynamic reference is refused, a local one followed', () => {
  assert.match(refusal({ $ref: 'https://evil.example/schema.json' }), /Only references within the schema/)
  assert.match(refusal({ properties: { a: { $ref: 'file:///etc/passwd' } } }), /Only references within/)
  assert.match(refusal({ $ref: '#/$defs/none' }), /which it does not define/)
  assert.match(refusal({ $dynamicRef: '#a' }), /\$dynamicRef/)
  assert.match(refusal({ properties: { a: { $id: 'https://x.example/', $ref: '#/$defs/b' } } }), /\$defs\/b|\$id/)
  assert.deepEqual(rules({ $ref: '#/$defs/a~1b', $defs: { 'a/b': { type: 'string' } } }, 1), [' type'])
})

test('S33 $data, __proto__, deep and large schemas are refused', () => {
  assert.match(refusal({ properties: { a: { const: { $data: '1/b' } } } }), /\$data/)
  assert.match(refusal(JSON.parse('{"properties":{"__proto__":{"default":{}}}}')), /__proto__/)
  let deep: JsonObject = {}
  for (let level = 0; level < 100; level++) deep = { not: deep }
  assert.match(refusal(deep), /deeper than 64 levels/)
  assert.match(refusal({ description: 'x'.repeat(600_000) }), /longer than/)
})

test('S33 references that double at each step are refused, recursion only as deep as is affordable', () => {
  const $defs: JsonObject = { d0: { type: 'string' } }
  for (let n = 1; n < 40; n++) {
    $defs[`d${n}`] = { allOf: [{ $ref: `#/$defs/d${n - 1}` }, { $ref: `#/$defs/d${n - 1}` }] }
  }
  assert.match(refusal({ $ref: '#/$defs/d39', $defs }), /too often/)

  const branch = { properties: { x: { $ref: '#' } } }
  const recursive = { allOf: [branch, branch, branch] }
  let config: JsonObject = {}
  for (let level = 0; level < 30; level++) config = { x: config }
  const started = performance.now()
  assert.deepEqual(rules(recursive, config), [' size'])
  assert.deepEqual(rules(recursive, { x: { x: {} } }), [])
  assert.ok(performance.now() - started < 1000)
})

test('S33 a config that is too deep, too large or too wide is refused before it is validated', () => {
  let deep: JsonObject = {}
  for (let level = 0; level < 40; level++) deep = { x: deep }
  assert.deepEqual(rules({}, deep), [' size'])
  assert.deepEqual(rules({}, { a: 'x'.repeat(300_000) }), [' size'])
  assert.deepEqual(rules({ uniqueItems: true }, new Array(20_000).fill(1)), [' size'])
})

test('violations name pointer and rule, and never hold a value', () => {
  const schema: JsonObject = {
    type: 'object',
    required: ['region'],
    additionalProperties: false,
    properties: {
      region: { oneOf: [{ const: 'eu', title: 'Europe' }, { const: 'us' }] },
      token: { type: 'string', secret: true, pattern: '^tok_', maxLength: 20, format: 'uuid', enum: ['a', 'b'] },
      'a/b': { type: 'integer', minimum: 1 },
    },
  }
  const violations = compileSchema(schema).validate({ token: 'hunter2hunter2hunter2', 'a/b': 0, extra: 1 })
  assert.deepEqual(
    violations.map(({ pointer, message }) => `${pointer} ${message}`),
    [
      '/region is required',
      '/extra is not a known field',
      '/token must NOT have more than 20 characters',
      '/token must match the pattern ^tok_',
      '/token must be one of "a", "b"',
      '/token must be a valid uuid',
      '/a~1b must be >= 1',
    ].sort((a, b) => violationsOrder(a) - violationsOrder(b)),
  )
  assert.equal(JSON.stringify(violations).includes('hunter2'), false)
  assert.equal(compileSchema(schema).validate({ region: 'mars' })[0]?.message, 'must be one of "eu", "us"')

  function violationsOrder(line: string): number {
    return violations.findIndex(({ pointer, message }) => `${pointer} ${message}` === line)
  }
})

test('of a oneOf only the chosen arm speaks, found by its constant, through $ref too', () => {
  const schema: JsonObject = {
    properties: {
      credentials: {
        discriminator: { propertyName: 'auth_type', mapping: {} },
        oneOf: [
          { required: ['token'], properties: { auth_type: { const: 'oauth' }, token: { type: 'string' } } },
          { $ref: '#/$defs/key' },
        ],
      },
      note: { anyOf: [{ type: 'string', maxLength: 2 }, { type: 'null' }] },
    },
    $defs: { key: { properties: { auth_type: { const: 'key' }, key: { minLength: 5 } } } },
  }
  assert.deepEqual(rules(schema, { credentials: { auth_type: 'oauth' } }), ['/credentials/token required'])
  assert.deepEqual(rules(schema, { credentials: { auth_type: 'key', key: 'x' } }), ['/credentials/key minLength'])
  assert.deepEqual(rules(schema, { note: 'long' }), ['/note maxLength'])
  const [unknown] = compileSchema(schema).validate({ credentials: { auth_type: 'none' } })
  assert.equal(unknown?.message, 'must have auth_type set to one of "oauth", "key"')
})

test('if/then asks for the conditional field', () => {
  const schema: JsonObject = {
    if: { properties: { history: { const: 'since' } }, required: ['history'] },
    // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
    then: { required: ['start_date'] },
  }
  assert.deepEqual(rules(schema, { history: 'since' }), ['/start_date required'])
  assert.deepEqual(rules(schema, { history: 'all' }), [])
})

test('defaults count as given when validating, and are filled in a copy', () => {
  const validator = compileSchema({ required: ['a'], properties: { a: { type: 'integer', default: 3 } } })
  const config = {}
  assert.deepEqual(validator.validate(config), [])
  assert.deepEqual(validator.withDefaults(config), { a: 3 })
  assert.deepEqual(config, {})
})

test("connectors' annotations, dialects and odd formats are accepted, and a schema is compiled once", () => {
  const annotated: JsonObject = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: 'https://example.com/config',
    'x-oauth2-provider': 'lab',
    prefixItems: [{}],
    properties: { a: { secret: true, airbyte_secret: true, multiline: true, order: 1, advanced: true, format: 'sql' } },
  }
  assert.deepEqual(rules(annotated, { a: 1 }), [])
  assert.equal(compileSchema(annotated), compileSchema(structuredClone(annotated)))
  assert.deepEqual(rules({ $schema: 'http://json-schema.org/draft-07/schema#', items: [{ type: 'string' }] }, [1]), [
    '/0 type',
  ])
  assert.match(refusal({ type: 'strin' }), /not valid JSON Schema/)
})

test('a lookahead cannot be expressed by RE2: it is not enforced, and listed', () => {
  const validator = compileSchema({ properties: { a: { pattern: '^(?!http).*$' } } })
  assert.deepEqual(validator.unenforced_patterns, ['^(?!http).*$'])
  assert.deepEqual(validator.validate({ a: 'http' }), [])
})
