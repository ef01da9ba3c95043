import { startCompilation } from '../compilation.ts'
import { OAuthError } from '../errors.ts'
import { invalidSpec } from '../invalid-spec.ts'
import { isJsonObject } from '../json.ts'
import { formatJsonPointer } from '../json-pointer.ts'
import { compileOAuth1Plan, type OAuth1Plan } from '../oauth1/oauth1-plan.ts'
import type { OAuthPlan } from '../plan.ts'
import type { UrlPolicy } from '../url-policy.ts'
import { compileSignedApi } from './compile-api.ts'
import { compileProviderPlan } from './compile-provider-plan.ts'
import { readDeclaration } from './read-declaration.ts'
import type { Vocabulary } from './vocabulary.ts'

/** What a provider declaration compiles to, by the protocol that it declares. */
export type CompiledProvider =
  | { readonly protocol: 'oauth2'; readonly plan: OAuthPlan }
  | { readonly protocol: 'oauth1'; readonly plan: OAuth1Plan }

/**
 * Compiles a provider declaration, its alias already resolved: to an OAuth 1.0a plan if it has `oauth1`, else as
 * `compileProviderPlan` does.
 *
 * @throws OAuthError `invalid_spec` with every finding, each with a JSON pointer into the declaration.
 */
export function compileProvider(declaration: unknown, options: Partial<UrlPolicy> = {}): CompiledProvider {
  return isJsonObject(declaration) && declaration.oauth1 !== undefined
    ? { protocol: 'oauth1', plan: compileSignedPlan(declaration, options) }
    : { protocol: 'oauth2', plan: compileProviderPlan(declaration, options) }
}

/** The words that say something where requests are signed; all others are those of OAuth 2.0. */
const WORDS = new Set(['$schema', 'provider', 'alias_of', 'title', 'documentation_url', 'oauth1', 'api'])
const API_WORDS = new Set(['base_url', 'headers', 'test', 'retry'])

const VOCABULARY: Vocabulary = {
  standard_names: new Set(),
  fault: (variable) => (variable === 'client_id' ? null : 'which is not known here'),
}

function compileSignedPlan(source: Record<string, unknown>, options: Partial<UrlPolicy>): OAuth1Plan {
  const { provider, oauth1, api } = readDeclaration(source)
  const policy = { allow_loopback: false, allowed_ports: [], allowed_hosts: [], ...options }
  const compilation = startCompilation(policy)
  const refuseOthers = (value: unknown, words: ReadonlySet<string>, path: string[]) => {
    for (const word of Object.keys(isJsonObject(value) ? value : {}).filter((word) => !words.has(word))) {
      compilation.refuse(formatJsonPointer([...path, word]), 'other_protocol', 'says nothing beside oauth1')
    }
  }
  refuseOthers(source, WORDS, [])
  refuseOthers(source.api, API_WORDS, ['api'])
  const access = compileSignedApi(api, compilation, VOCABULARY)
  try {
    const plan = compileOAuth1Plan({ provider, ...oauth1 }, policy)
    if (compilation.findings.length === 0) return { ...plan, api: access }
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error
    for (const { pointer, rule, message } of error.findings) compilation.refuse(`/oauth1${pointer}`, rule, message)
  }
  throw invalidSpec(compilation.findings)
}
