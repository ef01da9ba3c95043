import type { ClientMetadata } from 'oidc-provider'
import type { Fault, FaultName } from './faults.ts'

/** A confidential client of the lab. Basic and post authentication are both accepted. */
export interface LabClient {
  client_id: string
  client_secret: string
  /** Shown on the consent page; default: the client id. */
  client_name?: string
  redirect_uris: string[]
  /** Further client metadata (RFC 7591 §2), such as `grant_types`, `jwks` or `dpop_bound_access_tokens`. */
  metadata?: Partial<ClientMetadata>
}

/** Standards that a lab speaks only when it is started with them. */
export type LabStandard =
  /** RFC 6749 §4.4. */
  | 'client_credentials'
  /** RFC 8628, with a page where people enter their code. */
  | 'device_code'
  /** RFC 7523 §2.2 `private_key_jwt` and `client_secret_jwt`, and public clients. */
  | 'client_assertions'
  /** RFC 9449. The demo API then refuses tokens that are bound to a key, because it knows bearer tokens only. */
  | 'dpop'
  /** RFC 9449 §8: each proof must carry a nonce of the server. */
  | 'dpop_nonce'
  /** RFC 9126 §5: authorization requests come pushed or not at all. */
  | 'pushed_requests_only'
  /** RFC 8707; the one resource is the demo API, `<origin>/api`. */
  | 'resource_indicators'
  /** RFC 7591, open to everybody. */
  | 'registration'

export interface LabOptions {
  /** 0, the default, takes a free port. */
  port?: number
  /** Address to listen on; default: both loopback addresses, because `localhost` may mean either. */
  host?: string
  clients?: LabClient[]
  /** File that keeps grants and tokens (hashed) across restarts. Clients are not kept: pass them again. */
  state_file?: string
  /** Lifetime of access tokens in seconds; default 3600. */
  access_token_seconds?: number
  /** Whether each refresh gives a new refresh token, which ends the old one; default `never`. */
  rotation?: 'never' | 'always'
  /** What a spent refresh token does when it comes again; default `revokes_grant`. */
  reuse?: 'refused' | 'revokes_grant'
  /** Seconds for which a spent refresh token still works; default 0. */
  grace_seconds?: number
  /** Default: none. */
  standards?: LabStandard[]
  /** Speak https, and take clients that prove themselves by certificate (RFC 8705). All in PEM. */
  tls?: { key: string; cert: string; client_ca?: string }
  /** Take a free port when `port` is taken, rather than fail. */
  port_fallback?: boolean
}

export interface Lab {
  /** `http://localhost:PORT`, or https, which is also the issuer. */
  readonly origin: string
  /** Requests that the token endpoint has received since the start, faults included. */
  readonly token_requests: number
  /** Registers a client; what is left out is generated. A client with the same id is replaced. */
  addClient(client?: Partial<LabClient>): LabClient
  /** Makes the next `times` (default 1) token requests go wrong. Faults queue up in the order given. */
  fault(fault: FaultName | Fault, times?: number): void
  /** Settles when no token request is at work, also of clients that have gone. */
  idle(): Promise<void>
  close(): Promise<void>
}
