import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type JsonObject, LINT_RULES } from '@sluice/oauth'
import { z } from 'zod'
import { lint } from './lint.ts'
import { toSarif } from './sarif.ts'

const text = JSON.stringify(
  {
    provider: 'acme',
    authUrlTemplate: 'https://acme.example.com/authorize?client_id={{{client_id}}}&state={{{state}}}',
    accessTokenUrlTemplate: 'https://{{{config.host}}}/token',
    accessTokenBody: '{"code":"{{{code}}}"}',
    accessTokenResponseMap: { refresh_token: '/refresh_token' },
  },
  null,
  2,
)

// The part of the published schema that we write (sarif-schema-2.1.0.json): names, types, bounds and `required`. Strict,
// as the schema itself is (`additionalProperties: false`).
const position = z.int().min(1)
const level = z.enum(['none', 'note', 'warning', 'error'])
const message = z.strictObject({ text: z.string().regex(/^(?:[^{}]|\{\{|\}\})*$/) })
const sarif = z.strictObject({
  $schema: z.url(),
  version: z.literal('2.1.0'),
  runs: z.tuple([
    z.strictObject({
      columnKind: z.enum(['utf16CodeUnits', 'unicodeCodePoints']),
      tool: z.strictObject({
        driver: z.strictObject({
          name: z.string(),
          semanticVersion: z.string(),
          rules: z
            .array(
              z.strictObject({
                id: z.string(),
                shortDescription: message,
                help: message,
                defaultConfiguration: z.strictObject({ level }),
              }),
            )
            .refine((rules) => new Set(rules.map(({ id }) => id)).size === rules.length),
        }),
      }),
      results: z.array(
        z.strictObject({
          ruleId: z.string(),
          ruleIndex: z.int().min(-1),
          level,
          message,
          locations: z.array(
            z.strictObject({
              physicalLocation: z.strictObject({
                artifactLocation: z.strictObject({ uri: z.string() }),
                region: z
                  .strictObject({ startLine: position, startColumn: position, endLine: position, endColumn: position })
                  .optional(),
              }),
              logicalLocations: z.array(z.strictObject({ fullyQualifiedName: z.string() })),
            }),
          ),
        }),
      ),
    }),
  ]),
})

const read = (log: JsonObject) => sarif.parse(JSON.parse(JSON.stringify(log)))

test('the log has the structure that SARIF 2.1.0 publishes, and each result refers to its rule', () => {
  const findings = lint(text)
  const log = read(toSarif([{ path: 'specs/a b.json', findings }], '0.1.0'))
  const [{ tool, results }] = log.runs
  assert.equal(tool.driver.rules.length, Object.keys(LINT_RULES).length)
  assert.deepEqual(
    results.map(({ ruleId, level: found }) => `${ruleId} ${found}`),
    ['value_unencoded warning', 'host_open error', 'access_token_unmapped note'],
  )
  for (const { ruleId, ruleIndex, locations } of results) {
    assert.equal(tool.driver.rules[ruleIndex]?.id, ruleId)
    assert.equal(locations[0]?.physicalLocation.artifactLocation.uri, 'specs/a%20b.json')
  }
  assert.deepEqual(results[1]?.locations[0]?.physicalLocation.region, {
    startLine: 4,
    startColumn: 3,
    endLine: 4,
    endColumn: text.split('\n')[3]?.length,
  })
})

test('braces in messages are doubled, because single ones are placeholders', () => {
  const [{ results }] = read(toSarif([{ path: 'a.json', findings: lint(text) }], '0.1.0')).runs
  assert.match(results[0]?.message.text ?? '', /\{\{\{\{#urlencode\}\}\}\}/)
})

test('a spec given as an object has pointers but no regions, and an absolute path becomes a file URI', () => {
  const log = toSarif([{ path: '/specs/a.json', findings: lint({ oauth2: JSON.parse(text) }) }], '0.1.0')
  const [{ results }] = read(log).runs
  assert.equal(results[0]?.locations[0]?.physicalLocation.region, undefined)
  assert.equal(results[0]?.locations[0]?.physicalLocation.artifactLocation.uri, 'file:///specs/a.json')
  assert.equal(results[0]?.locations[0]?.logicalLocations[0]?.fullyQualifiedName, '/oauth2/accessTokenUrlTemplate')
})
