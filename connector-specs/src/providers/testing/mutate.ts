// Every declaration that differs from a given one in one field.

import { isJsonObject, type JsonObject, type JsonValue } from '@sluice/oauth'

export interface Mutation {
  /** JSON pointer of the field. */
  place: string
  source: JsonObject
}

/** What people read, and what only tests read. */
const PRESENTATION = new Set(['$schema', 'title', 'description', 'documentation_url', 'example', 'alias_of'])

/** Words of the vocabulary: another one of the same kind. */
const WORDS: Record<string, Record<string, string>> = {
  pkce: { required: 'unsupported', supported: 'unsupported', unsupported: 'required' },
  method: { POST: 'PUT', GET: 'DELETE', PUT: 'POST', DELETE: 'POST' },
  body: { form: 'json', json: 'form', query: 'form' },
  client_authentication: { client_secret_post: 'client_secret_basic' },
  basic_encoding: { form: 'raw', raw: 'form' },
  dpop: { never: 'required', when_offered: 'required', required: 'never' },
  rotation: { never: 'always', sometimes: 'always', always: 'never' },
  signature_method: { 'HMAC-SHA1': 'HMAC-SHA256', 'HMAC-SHA256': 'PLAINTEXT', PLAINTEXT: 'HMAC-SHA1' },
  reuse: { accepted: 'refused', refused: 'revokes_grant', revokes_grant: 'refused' },
  uses: { access_token: 'refresh_token', refresh_token: 'access_token' },
  token: { access_token: 'refresh_token', refresh_token: 'access_token' },
  ends: { grant: 'account', account: 'grant' },
  format: { text: 'host', origin: 'text', host: 'text' },
  expires_in_unit: { seconds: 'milliseconds', milliseconds: 'seconds', minutes: 'seconds', hours: 'seconds' },
  separator: { ' ': ',', ',': ' ', ';': ' ', '|': ' ' },
  scope_separator: { ' ': ',', ',': ' ', ';': ' ', '|': ' ' },
}
const VERDICTS: Record<string, string> = {
  transient: 'reauthorize',
  reauthorize: 'transient',
  integration_broken: 'reauthorize',
}

/** Maps whose keys mean something to the provider or to templates. */
const NAMED = new Set([
  'parameters',
  'parameter_names',
  'authorization_parameters',
  'headers',
  'claims',
  'verdicts',
  'capture',
  'tokens',
  'further',
  'config',
])

export function mutationsOf(source: JsonObject): Mutation[] {
  return [...changes(source, [])].map(({ path, value }) => ({
    place: `/${path.join('/')}`,
    source: value as JsonObject,
  }))
}

function* changes(value: JsonValue, path: string[]): Generator<{ path: string[]; value: JsonValue }> {
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      for (const change of changes(item, [...path, String(index)])) {
        yield { path: change.path, value: value.with(index, change.value) }
      }
    }
  } else if (isJsonObject(value)) {
    for (const [key, member] of Object.entries(value)) {
      if (PRESENTATION.has(key) && path.at(-1)?.endsWith('parameters') !== true) continue
      for (const change of changes(member, [...path, key])) {
        yield { path: change.path, value: { ...value, [key]: change.value } }
      }
      if (NAMED.has(path.at(-1) ?? '')) {
        const { [key]: _renamed, ...others } = value
        yield { path: [...path, key, '(name)'], value: { ...others, [`${key}_mutant`]: member } }
      }
    }
  } else {
    yield { path, value: another(value, path) }
  }
}

function another(value: Exclude<JsonValue, JsonObject | JsonValue[]>, path: string[]): JsonValue {
  if (typeof value === 'boolean') return !value
  if (typeof value === 'number') return value + 1
  if (value === null) return 'mutant'
  const key = path.at(-1) ?? ''
  if (path.at(-2) === 'verdicts') return VERDICTS[value] ?? 'transient'
  if (key === 'client_authentication') return WORDS.client_authentication?.[value] ?? 'client_secret_post'
  if (path.at(-2) === 'hosts') return `mutant-${value.replace(/^\./, '')}`
  return WORDS[key]?.[value] ?? mutantText(value, key)
}

/** Keeps what makes the text valid: alternatives, the address, the pointer. */
function mutantText(value: string, key: string): string {
  if (key === 'pattern') return `mutant${value}`
  return value.includes(' ||') ? value.replaceAll(' ||', '-mutant ||') : `${value}-mutant`
}
