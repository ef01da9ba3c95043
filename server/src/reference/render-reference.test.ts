import assert from 'node:assert/strict'
import { test } from 'node:test'
import { renderReference } from './render-reference.ts'

const document = {
  openapi: '3.1.0',
  info: { title: 'Sluice', version: '1', description: 'A broker of `tokens`.' },
  servers: [{ url: 'http://localhost:8080' }],
  paths: {
    '/v1/things/{id}': {
      post: {
        tags: ['Things'],
        summary: "Change <a> thing's name",
        security: [{ api_key: [] }],
        parameters: [{ name: 'id', in: 'path', required: true, schema: { type: 'string', format: 'uuid' } }],
        requestBody: {
          content: {
            'application/json': {
              schema: {
                type: 'object',
                required: ['name'],
                properties: {
                  name: { type: 'string', example: "it's" },
                  size: { type: 'integer', minimum: 1, maximum: 9, default: 3 },
                },
              },
            },
          },
        },
        responses: {
          200: {
            description: 'The thing.',
            content: { 'application/json': { schema: { $ref: '#/components/schemas/Thing' } } },
          },
          404: { description: 'No such thing.' },
        },
      },
    },
  },
  components: {
    schemas: {
      Thing: {
        type: 'object',
        properties: {
          id: { type: 'string', format: 'uuid' },
          parent: { anyOf: [{ $ref: '#/components/schemas/Thing' }, { type: 'null' }] },
          state: { type: 'string', enum: ['open', 'done'] },
          owner: { type: 'object', properties: { email: { type: ['string', 'null'] } } },
        },
      },
    },
  },
}
const page = renderReference(document)

test('an operation shows its parameters, schemas, example and errors', () => {
  const text = page.replace(/<[^>]+>/g, ' ').replace(/\s+/g, ' ')
  for (const part of [
    'POST /v1/things/{id}',
    'id string (uuid) required',
    'name string required for example it&#39;s',
    'size integer 1 to 9 · default 3',
    '200 The thing.',
    'state one of open, done',
    'email string or null',
    '404 No such thing.',
  ]) {
    assert.ok(text.includes(part), `${part} in ${text}`)
  }
})

test('a record that contains itself is expanded once', () => {
  assert.equal(page.match(/one of open, done/g)?.length, 1)
  assert.match(page, /Thing or null/)
})

test('the curl example carries the key by its variable and quotes the body for the shell', () => {
  const code = /<pre tabindex="0"><code>([\s\S]*?)<\/code>/
    .exec(page)?.[1]
    ?.replaceAll('&#39;', "'")
    .replaceAll('&#34;', '"')
  assert.match(code ?? '', /^curl -X POST 'http:\/\/localhost:8080\/v1\/things\/[0-9a-f-]{36}'/)
  assert.match(code ?? '', /-H "Authorization: Bearer \$SLUICE_API_KEY"/)
  assert.ok(code?.includes(`-d '{"name":"it'\\''s"}'`), code)
})

test('the page holds no script, no inline style and no unescaped text', () => {
  assert.doesNotMatch(page, /<script|<style| style=| on[a-z]+=|javascript:/i)
  assert.match(page, /Change &#60;a&#62; thing&#39;s name/)
})

test('every entry of the table of contents leads to a section', () => {
  const targets = [...page.matchAll(/href="#([^"]+)"/g)].map((match) => match[1])
  for (const target of targets) assert.ok(page.includes(`id="${target}"`), target)
})
