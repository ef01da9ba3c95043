// Where the OAuth specs are in a file, and in which dialect.
import type { JsonObject } from '@sluice/oauth'
import { isJsonObject } from './json-object.ts'
import { escapeToken } from './json-pointer.ts'

export type OAuthDialect = 'flow' | 'airbyte' | 'declaration'

export interface FoundOAuthSpec {
  dialect: OAuthDialect
  /** JSON pointer from the root of the file. */
  pointer: string
  value: JsonObject
}

/** Fields by which a spec of each dialect is known, whatever else it lacks; the first dialect that fits is taken. */
const DIALECTS: { dialect: OAuthDialect; fields: string[] }[] = [
  {
    dialect: 'flow',
    fields: ['authUrlTemplate', 'auth_url_template', 'accessTokenUrlTemplate', 'access_token_url_template'],
  },
  { dialect: 'airbyte', fields: ['advanced_auth', 'authSpecification', 'auth_specification'] },
  { dialect: 'declaration', fields: ['grants', 'oauth1', 'alias_of', 'token', 'authorization'] },
  { dialect: 'flow', fields: ['provider'] },
]

export const NO_OAUTH_SPEC =
  'There is no OAuth spec in it. Give an object with authUrlTemplate, one that holds it as oauth2, an Airbyte spec with advanced_auth, or a provider declaration.'

/**
 * Flow's OAuth object itself, or what holds it as `oauth2`; an Airbyte ConnectorSpecification or manifest; a provider
 * declaration. Envelopes (`spec`) and lists of them, as snapshots have it, are looked into.
 */
export function findOAuthSpecs(value: unknown, pointer = ''): FoundOAuthSpec[] {
  if (Array.isArray(value)) return value.flatMap((item, index) => findOAuthSpecs(item, `${pointer}/${index}`))
  if (!isJsonObject(value)) return []
  const known = DIALECTS.find(({ fields }) => fields.some((field) => Object.hasOwn(value, field)))
  if (known !== undefined) return [{ dialect: known.dialect, pointer, value }]
  return ['oauth2', 'spec'].flatMap((key) =>
    Object.hasOwn(value, key) ? findOAuthSpecs(value[key], `${pointer}/${escapeToken(key)}`) : [],
  )
}
