import type { Compilation } from '../compilation.ts'
import { OAuthError } from '../errors.ts'
import type { ParsedFlowSpec } from '../flow-spec.ts'
import { type OAuthPlan, type Parameter, templatesOf } from '../plan.ts'
import { placeBody } from '../template/place-body.ts'
import { renderSentinels } from '../template/render.ts'
import type { Template } from '../template/template.ts'
import { branchScopes } from './probe-scopes.ts'
import type { PlacedTemplate } from './request-templates.ts'

/** Where a finding of each request belongs in its dialect. */
export interface RequestPointers {
  authorization: string
  token_url: string
  token_body: string
}

/** What RFC 6749 §4.1 asks of both requests of the code grant, whichever dialect writes them. */
export function lintCodeGrant(
  { authorization_url, token_request, behaviour }: OAuthPlan,
  pointers: RequestPointers,
  { warn }: Compilation,
): void {
  const asks = [authorization_url, ...templatesIn(behaviour.authorization_parameters)]
  if (asks.some(({ source }) => source !== '') && !asks.some(({ names }) => names.has('client_id'))) {
    warn(pointers.authorization, 'client_id_missing', 'does not send the client_id')
  }
  if (!templatesOf(token_request).some(({ names }) => names.has('code'))) {
    const hasBody = token_request.body !== null || token_request.members.length > 0
    warn(hasBody ? pointers.token_body : pointers.token_url, 'code_missing', 'does not send the code')
  }
}

function templatesIn(parameters: Parameter[]): Template[] {
  return parameters.flatMap(({ value }) => (typeof value === 'object' ? [value] : []))
}

/** Bodies against their content type, as Flow sends them. */
export function lintRequests(plan: OAuthPlan, { spec, pointerTo }: ParsedFlowSpec, compilation: Compilation): void {
  const { token_request } = plan
  const { warn } = compilation
  const [authorization, token_url] = [pointerTo('authUrlTemplate'), pointerTo('accessTokenUrlTemplate')]
  lintCodeGrant(plan, { authorization, token_url, token_body: pointerTo('accessTokenBody') }, compilation)
  const declared = Object.keys(spec?.accessTokenHeaders ?? {}).map((name) => name.toLowerCase())
  if (token_request.media_type === 'form' && !declared.includes('content-type')) {
    warn(pointerTo('accessTokenBody'), 'content_type_missing', 'is a form, but no content type is declared')
  }
}

/** JSON that is sent as a form or as text; the compiler refuses what is sent as JSON and is none. */
export function lintBody({ pointer, template, part, media_type }: PlacedTemplate, { warn }: Compilation): void {
  if (part !== 'body') return
  if (media_type !== 'json') {
    if (/^\s*[{[]\s*["}\]]/.test(template.source)) {
      warn(
        pointer,
        'body_grammar',
        `is JSON, but its content type is ${media_type === 'form' ? 'that of a form' : 'another'}`,
      )
    }
    return
  }
  if (!template.conditional) return
  for (const scope of branchScopes(template)) {
    try {
      placeBody(renderSentinels(template, scope, new Date(0)), media_type)
    } catch (error) {
      if (!(error instanceof OAuthError)) throw error
      if (error.code === 'invalid_template') warn(pointer, 'body_grammar', `is refused in a branch: ${error.message}`)
    }
  }
}
