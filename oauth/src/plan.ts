import type { SpecFinding } from './errors.ts'
import type { JsonValue } from './json.ts'
import type { JsonPointer } from './json-pointer.ts'
import type { Template } from './template/template.ts'
import type { UrlPolicy } from './url-policy.ts'

export type BodyMediaType = 'json' | 'form' | 'other'

/** A token request before its values are known (RFC 6749 §4.1.3, §6). */
export interface RequestTemplates {
  method: string
  url: Template
  /** Lower-case names. `accept` and `content-type` always present. */
  headers: { name: string; value: Template }[]
  body: Template | null
  media_type: BodyMediaType
}

/** How one key of the connector's `credentials` is made from the provider's reply. */
export type ResponseMapping =
  | { key: string; from: 'pointer'; pointer: JsonPointer; required?: boolean; as?: 'text' }
  | { key: string; from: 'template'; template: Template }
  | { key: string; from: 'literal'; value: JsonValue }

/**
 * What every dialect compiles to. Callers read `provider`, `uses_pkce` and `warnings`; the rest is for the functions of
 * this package and may change.
 */
export interface OAuthPlan {
  readonly provider: string
  /** The token request carries a code verifier, so the authorization request must carry its challenge. */
  readonly uses_pkce: boolean
  /** What the author should mend though the spec works. */
  readonly warnings: SpecFinding[]
  readonly authorization_url: Template
  readonly token_request: RequestTemplates
  /** Set when the spec declares its own refresh request; else RFC 6749 §6 applies. */
  readonly refresh_request: RequestTemplates | null
  /** How the client proves itself in an RFC 6749 §6 refresh: as the spec's token request does. */
  readonly client_authentication: 'client_secret_basic' | 'client_secret_post'
  /** Empty: the provider's reply is passed through. */
  readonly response_map: ResponseMapping[]
  readonly refresh_response_map: ResponseMapping[]
  readonly url_policy: UrlPolicy
  /** What the provider calls `state`, and how many characters it takes (`createState(plan.state?.length)`). */
  readonly state?: { name: string; length?: StateLength }
  /** What the provider calls `code` in the authorization response. */
  readonly code_name?: string
}

/** Bounds in characters, both inclusive. */
export interface StateLength {
  min: number
  max: number
}

/** All templates of a request. */
export function templatesOf({ url, headers, body }: RequestTemplates): Template[] {
  return [url, ...headers.map(({ value }) => value), ...(body === null ? [] : [body])]
}
