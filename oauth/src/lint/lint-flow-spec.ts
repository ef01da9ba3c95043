import type { Compilation } from '../compilation.ts'
import { tryFlowSpec } from '../compile-flow-plan.ts'
import type { UrlPolicy } from '../url-policy.ts'
import { describeFindings, type LintFinding } from './describe-finding.ts'
import { lintEncoding } from './lint-encoding.ts'
import { lintNames } from './lint-names.ts'
import { lintBody, lintRequests } from './lint-requests.ts'
import { lintResponseMap } from './lint-response-map.ts'
import { requestTemplates } from './request-templates.ts'

/**
 * Everything that is wrong or doubtful in a Flow OAuth2 object (contracts/flow.md §1), errors first. An error is what
 * `compileFlowPlan` refuses under the same policy, no more and no less; a warning works here but not everywhere, or in
 * some branch of a template only; a note is worth a look.
 */
export function lintFlowSpec(spec: unknown, options: Partial<UrlPolicy> = {}): LintFinding[] {
  const { parsed, plan, compilation } = tryFlowSpec(spec, options)
  if (plan !== null) {
    for (const placed of requestTemplates(plan, parsed)) {
      lintNames(placed, compilation)
      lintBody(placed, compilation)
      // Where the grammar is wrong, whether a value fits it says nothing.
      if (!hasWrongGrammar(placed.pointer, compilation)) lintEncoding(placed, compilation)
    }
    lintRequests(plan, parsed, compilation)
    lintResponseMap(parsed.pointerTo('accessTokenResponseMap'), plan.response_map, compilation)
    if (plan.refresh_response_map.length > 0) {
      lintResponseMap(parsed.pointerTo('refreshTokenResponseMap'), plan.refresh_response_map, compilation)
    }
  }
  return describeFindings({
    refused: [...parsed.findings, ...compilation.findings],
    doubtful: [...parsed.warnings, ...compilation.warnings],
  })
}

function hasWrongGrammar(pointer: string, { findings, warnings }: Compilation): boolean {
  return [...findings, ...warnings].some((found) => found.pointer === pointer && found.rule === 'body_grammar')
}
