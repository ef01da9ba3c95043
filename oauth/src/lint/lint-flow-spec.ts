import type { Compilation } from '../compilation.ts'
import { tryFlowSpec } from '../compile-flow-plan.ts'
import type { SpecFinding } from '../errors.ts'
import type { UrlPolicy } from '../url-policy.ts'
import { lintEncoding } from './lint-encoding.ts'
import { lintNames } from './lint-names.ts'
import { lintBody, lintRequests } from './lint-requests.ts'
import { lintResponseMap } from './lint-response-map.ts'
import { requestTemplates } from './request-templates.ts'
import { isLintRule, LINT_RULES, type LintRule, type LintRuleId, type Severity } from './rules.ts'

export interface LintFinding extends SpecFinding {
  rule: LintRuleId
  severity: Severity
  /** What the author does about it, in one sentence. */
  mend: string
}

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
  const refused = [...parsed.findings, ...compilation.findings]
  const doubtful = [...parsed.warnings, ...compilation.warnings].filter(
    ({ pointer, rule }) => !refused.some((finding) => finding.pointer === pointer && finding.rule === rule),
  )
  return [
    ...refused.map((finding) => describe(finding, () => 'error')),
    ...doubtful.map((finding) => describe(finding, ({ severity }) => (severity === 'note' ? 'note' : 'warning'))),
  ]
}

function describe(finding: SpecFinding, severityBy: (rule: LintRule) => Severity): LintFinding {
  if (!isLintRule(finding.rule)) throw new RangeError(`${finding.rule} is not in the table of lint rules`)
  const rule = LINT_RULES[finding.rule]
  return { ...finding, rule: finding.rule, severity: severityBy(rule), mend: rule.mend }
}

function hasWrongGrammar(pointer: string, { findings, warnings }: Compilation): boolean {
  return [...findings, ...warnings].some((found) => found.pointer === pointer && found.rule === 'body_grammar')
}
