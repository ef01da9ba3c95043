import type { AirbyteOAuth } from '../airbyte/airbyte-oauth.ts'
import { compileAirbytePlan } from '../airbyte/compile-airbyte-plan.ts'
import { type Compilation, startCompilation } from '../compilation.ts'
import { mediaTypeOf } from '../compile-request.ts'
import { OAuthError } from '../errors.ts'
import { isJsonObject } from '../json.ts'
import { formatJsonPointer } from '../json-pointer.ts'
import type { OAuthPlan } from '../plan.ts'
import type { UrlPolicy } from '../url-policy.ts'
import { describeFindings, fromSchema, type LintFinding } from './describe-finding.ts'
import { lintEncoding } from './lint-encoding.ts'
import { lintCodeGrant } from './lint-requests.ts'
import { lintResponseMap } from './lint-response-map.ts'

const CONFIG = '/advanced_auth/oauth_config_specification'

/**
 * Everything that is wrong or doubtful in what an Airbyte ConnectorSpecification says of OAuth (contracts/wire-protocols.md
 * §1), errors first. An error is what `compileAirbytePlan` refuses under the same policy.
 */
export function lintAirbyteSpec(spec: unknown, options: Partial<UrlPolicy> = {}): LintFinding[] {
  let oauth: AirbyteOAuth | null
  try {
    oauth = compileAirbytePlan(spec, options)
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error
    return describeFindings({ refused: error.findings.map(fromSchema), doubtful: [] })
  }
  if (oauth === null) return []
  const policy = { allow_loopback: false, allowed_hosts: [], allowed_ports: [], ...options }
  const compilation = startCompilation(policy)
  if (oauth.plan !== null) {
    const input = pointerToInput(spec)
    lintTemplates(oauth.plan, input, compilation)
    lintCodeGrant(
      oauth.plan,
      {
        authorization: `${input}/consent_url`,
        token_url: `${input}/access_token_url`,
        token_body: `${input}/access_token_params`,
      },
      compilation,
    )
    lintContentType(oauth.plan, input, compilation)
    lintResponseMap(`${input}/extract_output`, oauth.plan.response_map, compilation)
  }
  return describeFindings({ refused: [], doubtful: [...oauth.warnings, ...compilation.warnings] })
}

/** Bodies are built by their type, so only addresses and headers can hold a value in the wrong encoding. */
function lintTemplates(plan: OAuthPlan, input: string, compilation: Compilation): void {
  const { authorization_url, token_request } = plan
  const { media_type } = token_request
  const placed = { part: 'url', media_type } as const
  lintEncoding(
    { ...placed, pointer: `${input}/consent_url`, template: authorization_url, request: 'authorization' },
    compilation,
  )
  lintEncoding(
    { ...placed, pointer: `${input}/access_token_url`, template: token_request.url, request: 'token' },
    compilation,
  )
  for (const { name, value } of token_request.headers) {
    const pointer = `${input}/access_token_headers${formatJsonPointer([name])}`
    lintEncoding({ pointer, template: value, part: 'header', media_type, request: 'token' }, compilation)
  }
}

/** Airbyte encodes `access_token_params` as a form where the headers say so, and as JSON whatever else they say. */
function lintContentType({ token_request }: OAuthPlan, input: string, { warn }: Compilation): void {
  const declared = token_request.headers.find(({ name }) => name === 'content-type')?.value.source ?? ''
  if (token_request.body === null || mediaTypeOf(declared) !== 'other') return
  warn(`${input}/access_token_headers`, 'body_grammar', `says ${declared}, but access_token_params are sent as JSON`)
}

/** The protocol's examples wrap the fields as if they were a schema's properties. */
function pointerToInput(spec: unknown): string {
  const at = (value: unknown, key: string) => (isJsonObject(value) ? value[key] : undefined)
  const input = at(at(at(spec, 'advanced_auth'), 'oauth_config_specification'), 'oauth_connector_input_specification')
  const isWrapped = at(input, 'consent_url') === undefined && isJsonObject(at(input, 'properties'))
  return `${CONFIG}/oauth_connector_input_specification${isWrapped ? '/properties' : ''}`
}
