import { OAuthError, type SpecFinding } from '../errors.ts'
import { isJsonObject, type JsonObject } from '../json.ts'
import { compileProvider } from '../provider/compile-provider.ts'
import type { UrlPolicy } from '../url-policy.ts'
import { describeFindings, fromSchema, type LintFinding } from './describe-finding.ts'

/**
 * Everything that is wrong or doubtful in a provider declaration, its alias resolved already, errors first. An error is
 * what `compileProvider` refuses under the same policy, or what every authorization request would be refused for.
 * Encoding is by type and needs no lint.
 */
export function lintProviderDeclaration(declaration: unknown, options: Partial<UrlPolicy> = {}): LintFinding[] {
  const refused: SpecFinding[] = []
  const doubtful: SpecFinding[] = []
  try {
    const { plan } = compileProvider(declaration, options)
    if ('warnings' in plan) doubtful.push(...plan.warnings)
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

function lintAuthorization({ parameters, parameter_names, pkce }: JsonObject, refused: SpecFinding[]): void {
  const declared = isJsonObject(parameters) ? parameters : {}
  const names = isJsonObject(parameter_names) ? parameter_names : {}
  const refuse = (name: string, rule: string, message: string) =>
    refused.push({ pointer: `/authorization/parameters/${name}`, rule, message })
  if (Object.hasOwn(declared, 'state') && declared.state !== '{{state}}') {
    refuse('state', 'state_missing', 'does not carry exactly {{state}}')
  }
  const method = declared.code_challenge_method
  if (method !== undefined && method !== 'S256' && method !== '{{code_challenge_method}}') {
    refuse('code_challenge_method', 'pkce_plain', 'must be S256, which is sent anyway')
  }
  const challenge = declared.code_challenge
  if (challenge !== undefined && challenge !== '{{code_challenge}}') {
    refuse('code_challenge', 'pkce_fixed', 'is not the challenge of a fresh verifier')
  }
  if (pkce === 'required' && names.code_challenge === null) refuse('code_challenge', 'pkce_unannounced', 'is not sent')
}
