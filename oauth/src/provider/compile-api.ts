import type { Compilation } from '../compilation.ts'
import { formatJsonPointer } from '../json-pointer.ts'
import type { ApiAccess } from '../provider-behaviour.ts'
import { compileHeaders, compileText, compileUrl } from './compile-provider-request.ts'
import type { ProviderDeclaration } from './declaration.ts'
import type { Vocabulary } from './vocabulary.ts'

type ApiDeclaration = NonNullable<ProviderDeclaration['api']>

/** Where the provider's API is, how it takes the token, and a call that proves it. */
export function compileApi(
  { api, token }: ProviderDeclaration,
  compilation: Compilation,
  vocabularyWith: (...own: string[]) => Vocabulary,
): ApiAccess | null {
  if (api === undefined) return null
  const { token_name } = api
  const variable = token_name === undefined ? 'access_token' : `tokens.${token_name}.access_token`
  if (token_name !== undefined && token.response?.tokens?.[token_name] === undefined) {
    compilation.refuse('/api/token_name', 'unknown_token', 'is none of token.response.tokens')
  }
  const vocabulary = vocabularyWith(variable)
  const placed = 'query' in api.token ? {} : { [api.token.header]: `${api.token.prefix}{{${variable}}}` }
  return {
    ...compileAccess(api, compilation, vocabulary, placed),
    query:
      'query' in api.token
        ? [{ name: api.token.query, value: compileText(compilation, '/api/token', vocabulary, `{{${variable}}}`) }]
        : [],
  }
}

/** An API whose requests are signed instead of carrying a token. */
export function compileSignedApi(
  api: ApiDeclaration | undefined,
  compilation: Compilation,
  vocabulary: Vocabulary,
): ApiAccess | null {
  if (api === undefined) return null
  for (const name of Object.keys(api.headers ?? {}).filter((name) => name.toLowerCase() === 'authorization')) {
    compilation.refuse(`/api/headers/${name}`, 'header_reserved', 'carries the signature')
  }
  return compileAccess(api, compilation, vocabulary, {})
}

function compileAccess(
  { base_url = '', headers, test, expired, retry }: ApiDeclaration,
  compilation: Compilation,
  vocabulary: Vocabulary,
  placed: Record<string, string>,
): ApiAccess {
  return {
    base_url: compileUrl(compilation, '/api/base_url', vocabulary, base_url),
    headers: compileHeaders(compilation, (name) => `/api/headers${formatJsonPointer([name])}`, vocabulary, {
      accept: 'application/json',
      ...placed,
      ...headers,
    }),
    query: [],
    test:
      test === undefined
        ? null
        : {
            method: test.method,
            path: test.path,
            body: test.body === undefined ? null : JSON.stringify(test.body),
          },
    expired,
    retry: {
      statuses: retry.statuses,
      after_header: retry.after_header ?? null,
      reset_header: retry.reset_header ?? null,
      remaining_header: retry.remaining_header ?? null,
    },
  }
}
