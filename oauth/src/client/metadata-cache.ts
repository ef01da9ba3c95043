import type { AuthorizationServer } from '../discovery/authorization-server.ts'
import { type DiscoveryPolicy, discoverServer } from '../discovery/discover-server.ts'
import { OAuthError } from '../errors.ts'
import type { GuardedFetch } from '../guarded-fetch.ts'
import { createProviderKeys, type ProviderKeys } from '../id-token/provider-keys.ts'

/** What providers publish about themselves, kept for a while and shared by all conversations of a process. */
export interface MetadataCache {
  /** The metadata of an issuer; concurrent callers share one request. @throws OAuthError as `discoverServer` does */
  server(issuer: string): Promise<AuthorizationServer>
  /** The signing keys that the metadata points to. */
  keys(server: AuthorizationServer): ProviderKeys
  /** The last DPoP nonce of each origin (RFC 9449 §8.2). */
  nonces: Map<string, string>
}

export interface MetadataCacheOptions extends DiscoveryPolicy {
  fetch: GuardedFetch
  /** Seconds before metadata is read anew; default an hour. */
  max_age?: number
  /** Issuers kept at most, the one asked for longest ago leaving first; default 500. */
  max_issuers?: number
  now?: () => Date
}

interface Entry {
  server: Promise<AuthorizationServer>
  read_at: number
  /** When it is read anew. */
  due_at: number
}

/** Milliseconds for which old metadata stands in when new cannot be had. */
const STALE = 86_400_000
/** Milliseconds between tries meanwhile. */
const AGAIN = 60_000

/** Failures are not kept: the next caller asks again. While a provider is out of reach, its last metadata serves a day. */
export function createMetadataCache(options: MetadataCacheOptions): MetadataCache {
  const { fetch, max_age = 3600, max_issuers = 500, now = () => new Date(), ...policy } = options
  const servers = new NewestEntries<Entry>(max_issuers)
  const keys = new NewestEntries<ProviderKeys>(max_issuers)

  return {
    nonces: new NewestEntries(max_issuers),
    server(issuer) {
      const kept = servers.get(issuer)
      const read_at = now().getTime()
      if (kept !== undefined && read_at < kept.due_at) return kept.server
      const server = discoverServer(fetch, issuer, policy)
      const entry = { server, read_at, due_at: read_at + max_age * 1000 }
      servers.set(issuer, entry)
      entry.server = server.catch((error: unknown) => {
        const isTransient = error instanceof OAuthError && error.verdict === 'transient'
        const serves = kept !== undefined && isTransient && read_at - kept.read_at < STALE
        if (servers.get(issuer) === entry) {
          if (serves) servers.set(issuer, { ...kept, due_at: read_at + AGAIN })
          else servers.delete(issuer)
        }
        if (serves) return kept.server
        throw error
      })
      return entry.server
    },
    keys(server) {
      const place = server.jwks_uri ?? ''
      const found = keys.get(place) ?? createProviderKeys(fetch, server, now)
      keys.set(place, found)
      return found
    },
  }
}

/** A map that forgets what was set longest ago. */
class NewestEntries<V> extends Map<string, V> {
  readonly #max: number

  constructor(max: number) {
    super()
    this.#max = max
  }

  override set(key: string, value: V): this {
    this.delete(key)
    super.set(key, value)
    const [oldest] = this.keys()
    if (this.size > this.#max && oldest !== undefined) this.delete(oldest)
    return this
  }
}
