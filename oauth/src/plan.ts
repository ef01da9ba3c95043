import type { EndpointName } from './discovery/authorization-server.ts'
import type { SpecFinding } from './errors.ts'
import type { JsonValue } from './json.ts'
import type { JsonPointer } from './json-pointer.ts'
import type { ProviderBehaviour } from './provider-behaviour.ts'
import type { Template } from './template/template.ts'
import type { UrlPolicy } from './url-policy.ts'

export type BodyMediaType = 'json' | 'form' | 'other'

/** One parameter, encoded for the place that it goes to. A template that renders to empty text is not sent. */
export interface Parameter {
  name: string
  /** Numbers and booleans keep their type in JSON. */
  value: Template | number | boolean
}

/** A token request before its values are known (RFC 6749 §4.1.3, §6). */
export interface RequestTemplates {
  method: string
  url: Template
  /** Added to the query that `url` may have. */
  query: Parameter[]
  /** Lower-case names. `accept` and `content-type` always present. */
  headers: { name: string; value: Template }[]
  /** A body written as text, by dialects that write it so. */
  body: Template | null
  /** A body given by its members instead; `media_type` says how they are encoded. */
  members: Parameter[]
  media_type: BodyMediaType
  /** How the client proves itself where templates alone do not say: by which assertion, or by certificate. */
  client_authentication?: 'private_key_jwt' | 'client_secret_jwt' | 'tls_client_auth'
}

/** How one key of the connector's `credentials` is made from the provider's reply. */
export type ResponseMapping =
  | { key: string; from: 'pointer'; pointer: JsonPointer; required?: boolean; as?: 'text' }
  | { key: string; from: 'template'; template: Template }
  | { key: string; from: 'literal'; value: JsonValue }
  /** From what the token response was read into, as `tokenSetAsJson` lays it out. */
  | { key: string; from: 'token_set'; pointer: JsonPointer }

/**
 * What every dialect compiles to. Callers read `provider`, `uses_pkce`, `warnings` and `behaviour`; the rest is for the
 * functions of this package and may change.
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
  /** What the provider does otherwise than the RFCs say, or beyond them; `STANDARD_BEHAVIOUR` for dialects without words for it. */
  readonly behaviour: ProviderBehaviour
  /** What the spec says of the authorization server beyond its endpoints; an integration may say it instead. */
  readonly server?: PlannedServer
  /** What the provider calls `state`, and how many characters it takes (`createState(plan.state?.length)`). */
  readonly state?: { name: string; length?: StateLength }
}

/**
 * Whether tokens are bound to a key (RFC 9449). `when_offered`: where metadata names proof algorithms. Whoever uses such a
 * token must have the key too.
 */
export type DpopUse = 'never' | 'when_offered' | 'required'

export interface PlannedServer {
  /** Issuer identifier, where metadata is found (RFC 8414, OpenID Connect Discovery); null: none is published. */
  issuer: Template | null
  /** Endpoints besides those of the templates, where no metadata names them. */
  endpoints: Partial<Record<EndpointName, string>>
  /** Resource indicators (RFC 8707) of every request. */
  resource: string[]
  /** Null: not said. */
  dpop: DpopUse | null
}

/** Bounds in characters, both inclusive. */
export interface StateLength {
  min: number
  max: number
}

/** All templates of a request. */
export function templatesOf({ url, query, headers, body, members }: RequestTemplates): Template[] {
  const parameters = [...query, ...members].map(({ value }) => value).filter((value) => typeof value === 'object')
  return [url, ...headers.map(({ value }) => value), ...(body === null ? [] : [body]), ...parameters]
}
