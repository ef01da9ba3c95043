import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseJinja } from './parse-jinja.ts'
import { type Piece, textOf } from './pieces.ts'

const lookup = (name: string): Piece[] => (name === 'known' ? [{ text: 'a b:/' }] : [{ variable: name }])
const parse = (source: string) => parseJinja(source, lookup)
const id: Piece = { variable: 'client_id' }
const secret: Piece = { variable: 'client_secret' }
const basic: Piece[] = [{ base64: [id, { text: ':' }, secret] }]

test('text, names and comments', () => {
  assert.deepEqual(parse('a{{x}}{# no #}b{{ y }}'), [
    { text: 'a' },
    { variable: 'x' },
    { text: 'b' },
    { variable: 'y' },
  ])
  assert.deepEqual(parse('{ } {x}'), [{ text: '{ } {x}' }])
})

test('both spellings of each filter, nested braces or Jinja expressions', () => {
  for (const filter of ['base64Encoder', 'b64encode']) {
    assert.deepEqual(parse(`{{ {{client_id}}:{{client_secret}} | ${filter} }}`), basic)
    assert.deepEqual(parse(`{{ (client_id ~ ':' ~ client_secret) | ${filter} }}`), basic)
    assert.deepEqual(parse(`{{ (client_id + ":" + client_secret)|${filter} }}`), basic)
  }
  for (const filter of ['urlencode', 'urlEncoder']) {
    assert.deepEqual(parse(`{{ {{x}} | ${filter}}}`), [{ urlencoded: { variable: 'x' } }])
    assert.deepEqual(parse(`{{x|${filter}}}`), [{ urlencoded: { variable: 'x' } }])
    assert.deepEqual(parse(`{{ x | ${filter} | ${filter} }}`), [{ urlencoded: { urlencoded: { variable: 'x' } } }])
  }
  for (const filter of ['codeChallengeS256', 'codechallengeS256']) {
    assert.deepEqual(parse(`{{ {{state}} | ${filter} }}`), [{ variable: 'code_challenge' }])
  }
})

test('a filter binds tighter than ~', () => {
  assert.deepEqual(parse("{{ x ~ ':' ~ y | urlencode }}"), [
    { variable: 'x' },
    { text: ':' },
    { urlencoded: { variable: 'y' } },
  ])
})

test('known text is encoded at once, with a plus for spaces by urlencode as Java does', () => {
  assert.equal(textOf(parse('{{ known | urlencode }}')), 'a+b%3A%2F')
  assert.equal(textOf(parse('{{ known | urlEncoder }}')), 'a%20b%3A%2F')
  assert.equal(textOf(parse('{{ known | b64encode }}')), 'YSBiOi8=')
  assert.equal(textOf(parse("{{ known | replace(' ', '+') | upper }}")), 'A+B:/')
  assert.equal(textOf(parse('{{ known | urlencode | urlDecoder }}')), 'a+b:/')
})

test('what cannot be read is refused', () => {
  const sources = [
    '{{ x',
    '{{ {{x} }}',
    '{{ }}',
    '{{ x y }}',
    '{{ x | }}',
    '{{ x | nofilter }}',
    '{{ x.__class__ }}',
    "{{ config['x'] }}",
    '{{ x | replace(y, "") }}',
    '{{ x | lower }}',
    '{{ (x }}',
    '{% if x %}a{% endif %}',
    '{# open',
    `${'{{'.repeat(12)}x${'}}'.repeat(12)}`,
  ]
  for (const source of sources) assert.throws(() => parse(source), SyntaxError, source)
})

test('S30 names of prototypes are names like any other', () => {
  assert.deepEqual(parse('{{ constructor }}{{ __proto__ }}'), [{ variable: 'constructor' }, { variable: '__proto__' }])
})
