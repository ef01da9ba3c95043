import { startCompilation } from '../compilation.ts'
import { OAuthError, type SpecFinding } from '../errors.ts'
import { isJsonObject, type JsonObject } from '../json.ts'
import { isLikelySecret } from '../lint-plan.ts'
import { type OAuthPlan, templatesOf } from '../plan.ts'
import { compileProvider } from '../provider/compile-provider.ts'
import type { UrlPolicy } from '../url-policy.ts'
import { describeFindings, fromSchema, type LintFinding } from './describe-finding.ts'
import { lintCodeGrant } from './lint-requests.ts'

/**
 * Everything that is wrong or doubtful in a provider declaration, its alias resolved already, errors first. An error is
 * what `compileProvider` refuses under the same policy, or what every authorization request would be refused for.
 * Encoding is by type and needs no lint.
 */
export function lintProviderDeclaration(declaration: unknown, options: Partial<UrlPolicy> = {}): LintFinding[] {
  const refused: SpecFinding[] = []
  const doubtful: SpecFinding[] = []
  try {
    const { plan, protocol } = compileProvider(declaration, options)
    if (protocol === 'oauth2') doubtful.push(...plan.warnings, ...doubtsOf(plan))
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error
    refused.push(...error.findings.map(fromSchema))
  }
  const authorization = isJsonObject(declaration) ? declaration.authorization : null
  if (isJsonObject(authorization)) lintAuthorization(authorization, refused)
  if (isJsonObject(declaration) && declaration.documentation_url === undefined && declaration.alias_of === undefined) {
    const message = 'is missing, so nobody can check what is declared'
    doubtful.push({ pointer: '/documentation_url', rule: 'documentation_missing', message })
  }
  return describeFindings({ refused, doubtful })
}

/** What can be refused by no rule, because some provider may want it so. */
function doubtsOf(plan: OAuthPlan): SpecFinding[] {
  const { grants, authorization_parameters } = plan.behaviour
  if (!grants.has('authorization_code')) return []
  const compilation = startCompilation(plan.url_policy)
  const { warn } = compilation
  const pointers = {
    authorization: '/authorization/parameters',
    token_url: '/grants/authorization_code',
    token_body: '/grants/authorization_code',
  }
  lintCodeGrant(plan, pointers, compilation)
  const shown = authorization_parameters.flatMap(({ value }) => (typeof value === 'object' ? [...value.names] : []))
  const secrets = [...plan.authorization_url.names, ...shown].filter(isLikelySecret)
  if (secrets.length > 0) warn(pointers.authorization, 'secret_exposed', `shows ${secrets.join(', ')} to the browser`)
  const announces = shown.includes('code_challenge')
  const proves = templatesOf(plan.token_request).some(({ names }) => names.has('code_verifier'))
  if (announces && !proves) warn(pointers.token_body, 'pkce_unproven', 'does not send the code_verifier')
  if (proves && !announces) warn(pointers.authorization, 'pkce_unannounced', 'does not send the code_challenge')
  return compilation.warnings
}

function lintAuthorization({ parameters }: JsonObject, refused: SpecFinding[]): void {
  const declared = isJsonObject(parameters) ? parameters : {}
  const refuse = (name: string, rule: string, message: string) =>
    refused.push({ pointer: `/authorization/parameters/${name}`, rule, message })
  if (Object.hasOwn(declared, 'state') && declared.state !== '{{state}}') {
    refuse('state', 'state_missing', 'does not carry exactly {{state}}')
  }
  for (const [name, value] of Object.entries(declared)) {
    if (typeof value !== 'string' || !/\{\{\s*(?:client_secret|code_verifier)\s*\}\}/.test(value)) continue
    refuse(name, 'secret_exposed', 'would show a secret to the browser')
  }
  const method = declared.code_challenge_method
  if (method !== undefined && method !== 'S256' && method !== '{{code_challenge_method}}') {
    refuse('code_challenge_method', 'pkce_plain', 'must be S256, which is sent anyway')
  }
  const challenge = declared.code_challenge
  if (challenge !== undefined && challenge !== '{{code_challenge}}') {
    refuse('code_challenge', 'pkce_fixed', 'is not the challenge of a fresh verifier')
  }
}
