import type { ClientAuthenticationMethod, OAuthClient } from '../client-authentication/authenticate-client.ts'
import type { GuardedFetch } from '../guarded-fetch.ts'
import type { JsonObject } from '../json.ts'
import type { DpopUse } from '../plan.ts'
import type { CompiledProvider } from '../provider/compile-provider.ts'
import type { MetadataCache } from './metadata-cache.ts'

/** A client registration, and how it proves itself if not as the spec says. */
export interface ClientRegistrationData extends OAuthClient {
  /**
   * Null or absent: as the spec says; where the spec asks for a secret that the client does not have, by its key or
   * certificate, else as a public client.
   */
  token_endpoint_auth_method?: ClientAuthenticationMethod | null
  /** `aud` of its assertions where the provider takes neither its issuer identifier nor its token endpoint. */
  assertion_audience?: string | null
}

export interface OAuthClientOptions {
  /** The compiled spec, of whichever dialect: `{ protocol: 'oauth2', plan: compileFlowPlan(…) }`. */
  provider: CompiledProvider
  client: ClientRegistrationData
  /** Issuer identifier, in place of the spec's: its metadata is discovered, and what it offers is used. */
  issuer?: string | null
  /** Resource indicators (RFC 8707), in place of the spec's. */
  resource?: string[] | null
  /** Scopes by the plan's lists of them; its defaults unless given. */
  scopes?: Record<string, string[]>
  /** Whether tokens are bound to a key (RFC 9449), in place of what the spec says; `when_offered` unless either does. */
  dpop?: DpopUse | null
  /** What templates read of a config, where that is not the config itself. */
  read_config?: (config: JsonObject) => JsonObject
  fetch: GuardedFetch
  metadata: MetadataCache
  /** The current time unless given. */
  now?: () => Date
}

/** What the requests of one connection are made from. */
export interface ConnectionContext {
  /** The endpoint config, for templates such as `{{{config.subdomain}}}`. */
  config: JsonObject
  /** As kept of earlier responses: `ObtainedGrant.captured`. */
  captured?: JsonObject
  signal?: AbortSignal
}
