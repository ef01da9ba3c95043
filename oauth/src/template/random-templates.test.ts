// The sentinel method on random templates: whatever the template and the values, a receiver reads what was written, with
// each value in its place. Expectations come from the tree that a template was made of, never from rendering it.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { hubspot } from '../fixtures/flow-specs.ts'
import { build } from '../fixtures/token-requests.ts'
import type { JsonObject, JsonValue } from '../json.ts'
import { hostileText } from '../testing/hostile-text.ts'

const NAMES = ['a', 'b', 'c'] as const
type Values = Record<(typeof NAMES)[number], string>
const values = fc.record<Values>({ a: hostileText, b: hostileText, c: hostileText })
const configOf = (config: Values): JsonObject => ({ ...config, yes: 'true', no: '' })

/** A part of a leaf: what the template says there, and what must arrive. */
interface Piece {
  source: string
  arrives(values: Values): string
}

const literal = fc.stringMatching(/^[A-Za-z0-9 .:_~-]{0,8}$/)
const variable = fc.constantFrom(...NAMES)

/** Text and values in a percent-encoded place, encoded by the author or not, in all spellings, under sections or not. */
const percentPiece: fc.Arbitrary<Piece> = fc.letrec<{ piece: Piece }>((tie) => ({
  piece: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    literal.map((text) => ({ source: encodeURIComponent(text), arrives: () => text })),
    fc.tuple(variable, fc.nat({ max: 4 }), literal).map(([name, way, text]) => ({
      source: [
        `{{{config.${name}}}}`,
        `{{config.${name}}}`,
        `{{ urlencode config.${name} }}`,
        `{{#urlencode}}${text}{{{config.${name}}}}${text}{{/urlencode}}`,
        `{{{#urlencode}}}{{&config.${name}}}{{{/urlencode}}}`,
      ][way] as string, // `way` is one of the five
      arrives: (given: Values) => (way === 3 ? text + given[name] + text : given[name]),
    })),
    fc.tuple(fc.boolean(), fc.constantFrom('#', '^'), tie('piece')).map(([present, symbol, inner]) => {
      const name = `config.${present ? 'yes' : 'no'}`
      const shown = present === (symbol === '#')
      return {
        source: `{{${symbol}${name}}}${inner.source}{{/${name}}}`,
        arrives: (given: Values) => (shown ? inner.arrives(given) : ''),
      }
    }),
  ),
})).piece

const leaf = fc.array(percentPiece, { maxLength: 4 }).map(joined)

function joined(pieces: Piece[]): Piece {
  return {
    source: pieces.map(({ source }) => source).join(''),
    arrives: (given) => pieces.map(({ arrives }) => arrives(given)).join(''),
  }
}

const fields = fc.array(fc.tuple(fc.stringMatching(/^[a-z_]{1,6}$/), leaf), { minLength: 1, maxLength: 5 })

test('S27 random forms: every field arrives once, in order, with its own text', () => {
  fc.assert(
    fc.property(fields, values, (form, given) => {
      const accessTokenBody = form.map(([name, { source }]) => `${name}=${source}`).join('&')
      const { body } = build({ ...hubspot, accessTokenBody }, { config: configOf(given) })
      const expected = form.map(([name, { arrives }]) => [name, arrives(given)])
      assert.deepEqual([...new URLSearchParams(body ?? '')], expected)
      assert.equal(body?.split('&').length, form.length)
    }),
    { numRuns: 500 },
  )
})

test('S21 S27 random URLs: host, path and query keep their structure, and every value arrives whole', () => {
  // Beside a letter, because a segment that is nothing or dots is refused.
  const path = fc.array(leaf, { maxLength: 3 }).map((segments) => segments.map((piece) => joined([x, piece])))
  const x: Piece = { source: 'x', arrives: () => 'x' }
  fc.assert(
    fc.property(path, fields, values, (segments, query, given) => {
      const accessTokenUrlTemplate =
        `https://provider.example.com/${segments.map(({ source }) => source).join('/')}` +
        `?${query.map(([name, { source }]) => `${name}=${source}`).join('&')}`
      const url = new URL(build({ ...hubspot, accessTokenUrlTemplate }, { config: configOf(given) }).url)
      assert.equal(url.origin, 'https://provider.example.com')
      assert.equal(url.hash + url.username + url.password, '')
      assert.deepEqual(
        url.pathname.slice(1).split('/').map(decodeURIComponent),
        segments.length === 0 ? [''] : segments.map(({ arrives }) => arrives(given)),
      )
      assert.deepEqual(
        [...url.searchParams],
        query.map(([name, { arrives }]) => [name, arrives(given)]),
      )
    }),
    { numRuns: 500 },
  )
})

/** JSON in a template: its source, and what must be parsed from it. */
interface JsonPiece {
  source: string
  arrives(values: Values): JsonValue
}

const jsonText = fc
  .array(
    fc.oneof(
      fc
        .string({ unit: 'binary', maxLength: 6 })
        .filter((text) => text.isWellFormed() && !/[{}]/.test(text))
        .map((text): Piece => ({ source: JSON.stringify(text).slice(1, -1), arrives: () => text })),
      fc.tuple(variable, fc.boolean()).map(
        ([name, three]): Piece => ({
          source: three ? `{{{ config.${name} }}}` : `{{ config.${name} }}`,
          arrives: (given) => given[name],
        }),
      ),
    ),
    { maxLength: 4 },
  )
  .map(joined)

const json = fc.letrec<{ value: JsonPiece }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    jsonText.map(({ source, arrives }) => ({ source: `"${source}"`, arrives })),
    variable.map((name) => ({ source: ` {{{config.${name}}}} `, arrives: (given: Values) => bareValue(given[name]) })),
    fc.oneof(fc.integer(), fc.boolean(), fc.constant(null)).map((value) => ({
      source: JSON.stringify(value),
      arrives: () => value,
    })),
    fc.array(tie('value'), { maxLength: 4 }).map((items) => ({
      source: `[${items.map(({ source }) => source).join(', ')}]`,
      arrives: (given: Values) => items.map(({ arrives }) => arrives(given)),
    })),
    fc.dictionary(fc.stringMatching(/^[a-z]{1,5}$/), tie('value'), { maxKeys: 4 }).map((members) => ({
      source: `{ ${Object.entries(members)
        .map(([name, { source }]) => `"${name}": ${source}`)
        .join(', ')} }`,
      arrives: (given: Values) =>
        Object.fromEntries(Object.entries(members).map(([name, { arrives }]) => [name, arrives(given)])),
    })),
  ),
})).value

/** Without quotes, what is a JSON scalar stays one; all else is text. */
function bareValue(text: string): JsonValue {
  try {
    const value = JSON.parse(text) as JsonValue
    return text.trim() === text && (typeof value === 'number' || typeof value === 'boolean' || value === null)
      ? value
      : text
  } catch {
    return text
  }
}

test('S26 random JSON bodies: the structure is that of the template, and every value arrives whole', () => {
  fc.assert(
    fc.property(json, values, ({ source, arrives }, given) => {
      const spec = { ...hubspot, accessTokenHeaders: {}, accessTokenBody: `{"body": ${source} }` }
      const { body } = build(spec, { config: configOf(given) })
      assert.deepEqual(JSON.parse(body ?? ''), { body: arrives(given) })
    }),
    { numRuns: 500 },
  )
})

test('S28 random values in headers arrive whole or are refused, and never end the header', () => {
  fc.assert(
    fc.property(
      values,
      fc.constantFrom('{{{config.a}}}', 'Token {{{config.a}}}', 'Token key="{{{config.a}}}"'),
      (given, header) => {
        const spec = { ...hubspot, accessTokenHeaders: { ...hubspot.accessTokenHeaders, 'x-key': header } }
        let sent: string | undefined
        try {
          sent = build(spec, { config: configOf(given) }).headers['x-key']
        } catch (error) {
          assert.equal((error as { field?: unknown }).field, 'config.a')
          return
        }
        assert.match(sent ?? '', /^[\x20-\x7e\t]*$/)
        const quoted = /^Token key="((?:[^"\\]|\\.)*)"$/.exec(sent ?? '')?.[1]?.replace(/\\(.)/g, '$1')
        const arrived = header.includes('"') ? quoted : sent?.replace(/^Token /, '')
        assert.equal(arrived, given.a)
      },
    ),
    { numRuns: 500 },
  )
})
