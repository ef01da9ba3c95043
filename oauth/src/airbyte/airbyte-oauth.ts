import type { SpecFinding } from '../errors.ts'
import type { JsonValue } from '../json.ts'
import type { OAuthPlan } from '../plan.ts'

/** Where one value of the OAuth flow stands in the connector's config. */
export interface ConfigPath {
  /** The spec's name for it, such as `refresh_token` or `subdomain`. */
  name: string
  /** Steps into the config, such as `['credentials', 'refresh_token']`. */
  path: string[]
  required: boolean
}

/** A value that the flow yields for the connector. */
export interface OutputPath extends ConfigPath {
  /** Steps into the provider's reply, where the spec names them. */
  path_in_oauth_response: string[] | null
  /** JSON Schema types that the spec gives; empty when it gives none. */
  types: string[]
}

/** The path maps of a ConnectorSpecification, which all generations have. */
export interface AirbytePaths {
  auth_flow_type: 'oauth2.0' | 'oauth1.0'
  /** Config values that the flow needs before it starts, such as a subdomain. */
  user_input: ConfigPath[]
  /** What the flow yields, and where the connector expects it. */
  output: OutputPath[]
  /** What the operator supplies, such as `client_id`. */
  server_input: string[]
  /** The part of it that the connector needs too. */
  server_output: ConfigPath[]
  /** The config field that chooses OAuth among other ways to authenticate, with the value that means OAuth. */
  predicate: { path: string[]; value: JsonValue } | null
  /** The names under which `server_input` and `server_output` hold the client's id and secret. */
  client_id_key: string
  client_secret_key: string
  warnings: SpecFinding[]
}

/** Declarative OAuth: the spec says everything. */
export interface DeclarativeAirbyteOAuth extends AirbytePaths {
  generation: 'declarative'
  plan: OAuthPlan
  needs: null
}

/** Older generations: endpoints and parameters lie in the platform's code, so a provider declaration must supply the plan. */
export interface AirbyteOAuthWithoutPlan extends AirbytePaths {
  generation: 'advanced_auth' | 'auth_specification'
  plan: null
  needs: 'provider_declaration'
}

export type AirbyteOAuth = DeclarativeAirbyteOAuth | AirbyteOAuthWithoutPlan
