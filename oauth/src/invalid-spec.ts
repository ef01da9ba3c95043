import { OAuthError, type SpecFinding } from './errors.ts'

/** The error of a spec that cannot be compiled, with everything that is wrong with it. */
export function invalidSpec(findings: SpecFinding[]): OAuthError {
  const [first] = findings
  const rest = findings.length > 1 ? ` (and ${findings.length - 1} more)` : ''
  const where = first?.pointer === '' ? 'the spec' : first?.pointer
  return new OAuthError('invalid_spec', `The OAuth spec cannot be used: ${where} ${first?.message}${rest}.`, {
    verdict: 'connector_broken',
    field: first?.pointer ?? null,
    findings,
  })
}
