import { OAuthError } from './errors.ts'
import type { OAuthPlan } from './plan.ts'
import type { UrlPolicy } from './url-policy.ts'
export function compileFlowPlan(_spec: unknown, _options: Partial<UrlPolicy> = {}): OAuthPlan {
  throw new OAuthError('invalid_spec', 'compileFlowPlan is being built.')
}
