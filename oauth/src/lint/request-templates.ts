import type { ParsedFlowSpec } from '../flow-spec.ts'
import type { BodyMediaType, OAuthPlan } from '../plan.ts'
import type { Template } from '../template/template.ts'

/** A template of a plan, with what the linter must know of it. */
export interface PlacedTemplate {
  pointer: string
  template: Template
  request: RequestKind
  part: 'url' | 'header' | 'body'
  /** Of the request's body. */
  media_type: BodyMediaType
}

export type RequestKind = 'authorization' | 'token' | 'refresh'

/** The templates that the author wrote, without those that a refresh request takes over from the token request. */
export function requestTemplates(plan: OAuthPlan, { spec, pointerTo }: ParsedFlowSpec): PlacedTemplate[] {
  const { token_request, refresh_request } = plan
  const placed: PlacedTemplate[] = []
  const add = (
    request: RequestKind,
    part: PlacedTemplate['part'],
    pointer: string,
    template?: Template | null,
  ): void => {
    const { media_type } = (request === 'refresh' ? refresh_request : null) ?? token_request
    if (template && template.source !== '') placed.push({ pointer, template, request, part, media_type })
  }
  const addHeaders = (request: RequestKind, field: 'accessTokenHeaders' | 'refreshTokenHeaders'): void => {
    const templates = request === 'refresh' ? refresh_request?.headers : token_request.headers
    for (const written of Object.keys(spec?.[field] ?? {})) {
      const header = templates?.find(({ name }) => name === written.toLowerCase())
      add(request, 'header', pointerTo(field, written), header?.value)
    }
  }
  add('authorization', 'url', pointerTo('authUrlTemplate'), plan.authorization_url)
  add('token', 'url', pointerTo('accessTokenUrlTemplate'), token_request.url)
  addHeaders('token', 'accessTokenHeaders')
  add('token', 'body', pointerTo('accessTokenBody'), token_request.body)
  if (spec?.refreshTokenUrlTemplate) add('refresh', 'url', pointerTo('refreshTokenUrlTemplate'), refresh_request?.url)
  addHeaders('refresh', 'refreshTokenHeaders')
  add('refresh', 'body', pointerTo('refreshTokenBody'), refresh_request?.body)
  return placed
}
