import type { Compilation } from '../compilation.ts'
import { OAuthError } from '../errors.ts'
import type { ParsedFlowSpec } from '../flow-spec.ts'
import { type OAuthPlan, templatesOf } from '../plan.ts'
import { placeBody } from '../template/place-body.ts'
import { renderSentinels } from '../template/render.ts'
import { branchScopes } from './probe-scopes.ts'
import type { PlacedTemplate } from './request-templates.ts'

/** What RFC 6749 §4.1 asks of both requests, and bodies against their content type. */
export function lintRequests(plan: OAuthPlan, { spec, pointerTo }: ParsedFlowSpec, { warn }: Compilation): void {
  const { authorization_url, token_request } = plan
  if (authorization_url.source !== '' && !authorization_url.names.has('client_id')) {
    warn(pointerTo('authUrlTemplate'), 'client_id_missing', 'does not send {{{client_id}}}')
  }
  if (!templatesOf(token_request).some(({ names }) => names.has('code'))) {
    const field = token_request.body === null ? 'accessTokenUrlTemplate' : 'accessTokenBody'
    warn(pointerTo(field), 'code_missing', 'does not send {{{code}}}')
  }
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
