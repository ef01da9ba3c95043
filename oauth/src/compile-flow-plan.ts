// Flow's dialect: Mustache templates for the authorization URL and the token request (contracts/flow.md). Templates are
// parsed once, here; what is wrong with them whatever the values is reported here, all at once.

import { type Compilation, startCompilation } from './compilation.ts'
import { compileRequest } from './compile-request.ts'
import { compileResponseMap } from './compile-response-map.ts'
import { type FlowSpec, type ParsedFlowSpec, parseFlowSpec } from './flow-spec.ts'
import { invalidSpec } from './invalid-spec.ts'
import { lintPlan } from './lint-plan.ts'
import { type OAuthPlan, templatesOf } from './plan.ts'
import { STANDARD_BEHAVIOUR } from './provider-behaviour.ts'
import type { UrlPolicy } from './url-policy.ts'

/**
 * Compiles Flow's OAuth2 object (camelCase or protobuf's snake_case) into a plan.
 *
 * `options` is the egress policy: `allow_loopback` for development, `allowed_hosts` for templates that take a whole host
 * from a value, `allowed_ports` besides 443.
 *
 * @throws OAuthError `invalid_spec` with every finding, each with a JSON pointer into the spec as it was written.
 */
export function compileFlowPlan(spec: unknown, options: Partial<UrlPolicy> = {}): OAuthPlan {
  const { plan, parsed, compilation } = tryFlowSpec(spec, options)
  const findings = [...parsed.findings, ...compilation.findings]
  if (plan === null || findings.length > 0) throw invalidSpec(findings)
  return { ...plan, warnings: [...parsed.warnings, ...compilation.warnings] }
}

/** A spec as far as it could be compiled, for the linter: what is wrong with it stands in `parsed` and `compilation`. */
export interface TriedFlowSpec {
  parsed: ParsedFlowSpec
  /** Null when the spec could not even be read; templates that cannot be parsed stand in it as empty. */
  plan: OAuthPlan | null
  compilation: Compilation
}

export function tryFlowSpec(spec: unknown, options: Partial<UrlPolicy> = {}): TriedFlowSpec {
  const parsed = parseFlowSpec(spec)
  const compilation = startCompilation({ allow_loopback: false, allowed_hosts: [], allowed_ports: [], ...options })
  const plan = parsed.spec && compilePlan(parsed.spec, parsed.pointerTo, compilation)
  return { parsed, plan, compilation }
}

function compilePlan(spec: FlowSpec, pointerTo: ParsedFlowSpec['pointerTo'], compilation: Compilation): OAuthPlan {
  const authorization_url = compilation.template(pointerTo('authUrlTemplate'), spec.authUrlTemplate)
  compilation.probeUrl(pointerTo('authUrlTemplate'), authorization_url)

  const token_request = compileRequest(compilation, {
    method: spec.accessTokenMethod,
    url: { pointer: pointerTo('accessTokenUrlTemplate'), source: spec.accessTokenUrlTemplate },
    body: { pointer: pointerTo('accessTokenBody'), source: spec.accessTokenBody },
    headers: { pointer: pointerTo('accessTokenHeaders'), sources: spec.accessTokenHeaders },
  })
  const refresh_request = compileRefreshRequest(spec, pointerTo, compilation)

  const usesBasic = token_request.headers.some(
    ({ name, value }) => name === 'authorization' && value.lambdas.has('basicauth'),
  )
  const plan: OAuthPlan = {
    provider: spec.provider,
    uses_pkce:
      authorization_url.names.has('code_challenge') ||
      templatesOf(token_request).some(({ names }) => names.has('code_verifier')),
    warnings: [],
    authorization_url,
    token_request,
    refresh_request,
    client_authentication: usesBasic ? 'client_secret_basic' : 'client_secret_post',
    response_map: compileResponseMap(compilation, pointerTo('accessTokenResponseMap'), spec.accessTokenResponseMap),
    refresh_response_map: compileResponseMap(
      compilation,
      pointerTo('refreshTokenResponseMap'),
      spec.refreshTokenResponseMap,
    ),
    url_policy: compilation.url_policy,
    ...compileExtension(spec['x-sluice'], pointerTo, compilation),
  }
  lintPlan(plan, compilation, pointerTo)
  return plan
}

function compileExtension(
  extension: FlowSpec['x-sluice'],
  pointerTo: ParsedFlowSpec['pointerTo'],
  compilation: Compilation,
): Pick<OAuthPlan, 'server' | 'behaviour'> {
  if (extension === null) return { behaviour: STANDARD_BEHAVIOUR }
  const pointer = pointerTo('x-sluice', 'issuer')
  const issuer = extension.issuer === null ? null : compilation.template(pointer, extension.issuer)
  if (issuer !== null) compilation.probeUrl(pointer, issuer)
  const { resource, dpop, refresh_tokens } = extension
  const behaviour =
    refresh_tokens === null ? STANDARD_BEHAVIOUR : { ...STANDARD_BEHAVIOUR, refresh_policy: refresh_tokens }
  return { server: { issuer, resource, dpop, endpoints: {} }, behaviour }
}

/** The spec's own refresh request. What it leaves out of URL and headers is as in its token request. */
function compileRefreshRequest(spec: FlowSpec, pointerTo: ParsedFlowSpec['pointerTo'], compilation: Compilation) {
  const ownUrl = spec.refreshTokenUrlTemplate !== ''
  const ownHeaders = Object.keys(spec.refreshTokenHeaders).length > 0
  if (!ownUrl && !ownHeaders && spec.refreshTokenBody === '') return null
  return compileRequest(compilation, {
    method: spec.refreshTokenMethod,
    url: ownUrl
      ? { pointer: pointerTo('refreshTokenUrlTemplate'), source: spec.refreshTokenUrlTemplate }
      : { pointer: pointerTo('accessTokenUrlTemplate'), source: spec.accessTokenUrlTemplate },
    body: { pointer: pointerTo('refreshTokenBody'), source: spec.refreshTokenBody },
    headers: ownHeaders
      ? { pointer: pointerTo('refreshTokenHeaders'), sources: spec.refreshTokenHeaders }
      : { pointer: pointerTo('accessTokenHeaders'), sources: spec.accessTokenHeaders },
  })
}
