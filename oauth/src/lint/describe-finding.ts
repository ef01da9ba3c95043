import type { SpecFinding } from '../errors.ts'
import { isLintRule, LINT_RULES, type LintRule, type LintRuleId, type Severity } from './rules.ts'

export interface LintFinding extends SpecFinding {
  rule: LintRuleId
  severity: Severity
  /** What the author does about it, in one sentence. */
  mend: string
}

export interface FoundInSpec {
  /** What compiling refuses. */
  refused: SpecFinding[]
  doubtful: SpecFinding[]
}

/** Errors first; what is refused is not doubted as well. */
export function describeFindings({ refused, doubtful }: FoundInSpec): LintFinding[] {
  const others = doubtful.filter(
    ({ pointer, rule }) => !refused.some((finding) => finding.pointer === pointer && finding.rule === rule),
  )
  return [
    ...refused.map((finding) => describe(finding, () => 'error')),
    ...others.map((finding) => describe(finding, ({ severity }) => (severity === 'note' ? 'note' : 'warning'))),
  ]
}

function describe(finding: SpecFinding, severityBy: (rule: LintRule) => Severity): LintFinding {
  if (!isLintRule(finding.rule)) throw new RangeError(`${finding.rule} is not in the table of lint rules`)
  const rule = LINT_RULES[finding.rule]
  return { ...finding, rule: finding.rule, severity: severityBy(rule), mend: rule.mend }
}

/** What a schema says of a field, in the linter's words. */
export function fromSchema({ pointer, rule, message }: SpecFinding): SpecFinding {
  if (isLintRule(rule)) return { pointer, rule, message }
  if (rule === 'missing' || message.endsWith('received undefined')) {
    return { pointer, rule: 'field_missing', message: 'is missing' }
  }
  if (rule === 'unrecognized_keys') return { pointer, rule: 'unknown_field', message: `has ${lowerFirst(message)}` }
  return { pointer, rule: 'field_invalid', message: `cannot be used: ${message}` }
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1)
}
