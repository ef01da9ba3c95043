import type { Fault, FaultName } from './faults.ts'

/** A confidential client of the lab. Basic and post authentication are both accepted. */
export interface LabClient {
  client_id: string
  client_secret: string
  /** Shown on the consent page; default: the client id. */
  client_name?: string
  redirect_uris: string[]
}

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
  /** Take a free port when `port` is taken, rather than fail. */
  port_fallback?: boolean
}

export interface Lab {
  /** `http://localhost:PORT`, which is also the issuer. */
  readonly origin: string
  /** Requests that the token endpoint has received since the start, faults included. */
  readonly token_requests: number
  /** Registers a client; what is left out is generated. A client with the same id is replaced. */
  addClient(client?: Partial<LabClient>): LabClient
  /** Makes the next `times` (default 1) token requests go wrong. Faults queue up in the order given. */
  fault(fault: FaultName | Fault, times?: number): void
  close(): Promise<void>
}
