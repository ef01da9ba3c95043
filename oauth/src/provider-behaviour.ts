// What a provider does otherwise than the RFCs say, or beyond them. Only our own provider declarations can say it all;
// the other dialects compile to `STANDARD_BEHAVIOUR`, with the few fields that they have words for.

import type { Verdict } from './errors.ts'
import type { JsonObject, JsonValue } from './json.ts'
import type { JsonPointer } from './json-pointer.ts'
import type { Parameter, RequestTemplates } from './plan.ts'
import type { Template } from './template/template.ts'

export type GrantType = 'authorization_code' | 'refresh_token' | 'client_credentials' | 'password' | 'jwt_bearer'

/** What is kept beside the tokens, for later requests and for the connector: a tenant, a host, an account. */
export interface Capture {
  /** Templates read it as `captured.<name>`. */
  name: string
  from: JsonPointer
  /** `origin` and `host` read an https address and require its host to be one of the plan's `allowed_hosts`. */
  format: 'text' | 'origin' | 'host'
  required: boolean
}

/** Where the members of a token response stand; a member that is not named is found under its RFC name. */
export type TokenPointers = Partial<Record<TokenMember, JsonPointer>>
export type TokenMember =
  | 'access_token'
  | 'refresh_token'
  | 'expires_in'
  | 'expires_at'
  | 'refresh_token_expires_in'
  | 'scope'
  | 'token_type'

export interface TokenResponseReading {
  pointers: TokenPointers
  /** Seconds in one unit of `expires_in`. */
  expires_in_unit: number
  /** Seconds that the access token lives when the reply does not say; null: not known. */
  default_lifetime: number | null
  scope_separator: string
  /** Holds in every reply with a success status that is none of failure; null: no `error`, and `ok` is not false. */
  success: { pointer: JsonPointer; equals: JsonValue } | null
  error: { code: JsonPointer; description: JsonPointer | null } | null
  /** What the provider's own error codes mean. */
  verdicts: ReadonlyMap<string, Verdict>
  captures: Capture[]
  /** Further tokens of the same grant, by name; one that the reply lacks is left out. */
  tokens: { name: string; pointers: TokenPointers }[]
}

/** A request after the code exchange: a long-lived token for the first one, or facts about the account. */
export interface FollowUp {
  name: string
  request: RequestTemplates
  reading: TokenResponseReading
  /** Whether the reply carries the access token that replaces the one before. */
  gives_token: boolean
}

export interface RefreshPolicy {
  /** Whether a refresh returns another refresh token. */
  rotation: 'never' | 'sometimes' | 'always'
  /** What the provider does when a spent refresh token comes again. */
  reuse: 'accepted' | 'refused' | 'revokes_grant'
  /** Seconds for which a spent refresh token still works. */
  grace_seconds: number
  /** Seconds after which an unused refresh token dies; null: never, or not known. */
  idle_lifetime: number | null
  /** Seconds after which a grant dies however often it is refreshed. */
  absolute_lifetime: number | null
  /** Seconds before expiry when a refresh is due; null: a share of the lifetime. */
  margin_seconds: number | null
}

/** A request that carries an assertion which the client signs for it. */
export interface AssertedRequest extends RequestTemplates {
  assertion: {
    /** Of which `iss`, `sub`, `aud` and `jti` stand in the place of the standard ones. */
    claims: Parameter[]
    /** Standard claims that are not stated. */
    omitted: ReadonlySet<string>
    lifetime_seconds: number
    backdated_seconds: number
  }
}

export interface Revocation {
  request: RequestTemplates
  /** Which token to give: revoking it ends the whole grant. */
  token: 'access_token' | 'refresh_token'
  /** Tokens of one consent, or all that the account ever allowed the client. */
  ends: 'grant' | 'account'
}

export interface ApiAccess {
  base_url: Template
  headers: { name: string; value: Template }[]
  query: Parameter[]
  /** A harmless call that proves the credentials; null when none is known. */
  test: { method: string; path: string; body: string | null } | null
  /** How it says that an access token has expired: by an HTTP status, or an error code in the body. */
  expired: { statuses: number[]; error_codes: string[] }
  retry: {
    /** HTTP statuses to try again after. */
    statuses: number[]
    /** Header with seconds or a date (RFC 9110 §10.2.3). */
    after_header: string | null
    /** Header with the instant at which the quota is whole again, as seconds since 1970. */
    reset_header: string | null
    remaining_header: string | null
  }
}

export interface ProviderBehaviour {
  grants: ReadonlySet<GrantType>
  pkce: 'required' | 'supported' | 'unsupported'
  authorization_parameters: Parameter[]
  /** A new consent keeps the scopes of those before it, so that only the missing ones need be asked for. */
  incremental_scopes: boolean
  /** What scopes allow, in words for the person who chooses, as far as they are declared. */
  scope_meanings: ReadonlyMap<string, string>
  /** Names of captures that together identify the account that the person chose; empty: not declared. */
  account: string[]
  /** Lists of scopes by the variable that holds them, `scope` above all. */
  scopes: { name: string; separator: string; default: string[] }[]
  redirect_uri: { https_only: boolean; loopback: boolean }
  /** For config fields that the person leaves out. */
  config_defaults: JsonObject
  /** What the provider calls `code` in the authorization response, and what else is kept of it. */
  authorization_response: { code: string; captures: Capture[] }
  token_response: TokenResponseReading
  refresh_response: TokenResponseReading
  /** The token that a refresh sends; null when the provider has no refresh. */
  refreshes_with: 'refresh_token' | 'access_token' | null
  refresh_policy: RefreshPolicy
  client_credentials_request: RequestTemplates | null
  client_credentials_response: TokenResponseReading
  /** Null unless the plan declares the grant (RFC 6749 §4.3). */
  password_request: RequestTemplates | null
  password_response: TokenResponseReading
  /** Null: RFC 7523 §2.1 to the letter, wherever there is a token endpoint. */
  jwt_bearer_request: AssertedRequest | null
  jwt_bearer_response: TokenResponseReading
  follow_ups: FollowUp[]
  revocation: Revocation | null
  /** Asked for the expiry when replies do not tell it (RFC 7662); at most once in `interval_seconds`. */
  introspection: { request: RequestTemplates; expires_at: JsonPointer; interval_seconds: number } | null
  api: ApiAccess | null
}

/** RFC 6749 §5 to the letter. */
export const STANDARD_READING: TokenResponseReading = {
  pointers: {},
  expires_in_unit: 1,
  default_lifetime: null,
  scope_separator: ' ',
  success: null,
  error: null,
  verdicts: new Map(),
  captures: [],
  tokens: [],
}

export const STANDARD_REFRESH_POLICY: RefreshPolicy = {
  rotation: 'sometimes',
  reuse: 'refused',
  grace_seconds: 0,
  idle_lifetime: null,
  absolute_lifetime: null,
  margin_seconds: null,
}

/** The authorization code grant with refresh, as the RFCs have it. */
export const STANDARD_BEHAVIOUR: ProviderBehaviour = {
  grants: new Set(['authorization_code', 'refresh_token']),
  pkce: 'supported',
  authorization_parameters: [],
  incremental_scopes: false,
  scope_meanings: new Map(),
  account: [],
  scopes: [],
  redirect_uri: { https_only: false, loopback: true },
  config_defaults: {},
  authorization_response: { code: 'code', captures: [] },
  token_response: STANDARD_READING,
  refresh_response: STANDARD_READING,
  refreshes_with: 'refresh_token',
  refresh_policy: STANDARD_REFRESH_POLICY,
  client_credentials_request: null,
  client_credentials_response: STANDARD_READING,
  password_request: null,
  password_response: STANDARD_READING,
  jwt_bearer_request: null,
  jwt_bearer_response: STANDARD_READING,
  follow_ups: [],
  revocation: null,
  introspection: null,
  api: null,
}
