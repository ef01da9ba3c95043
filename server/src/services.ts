import type { Runtime } from '@sluice/launcher'
import type { GuardedFetch, MetadataCache } from '@sluice/oauth'
import type { Kysely } from 'kysely'
import type { Logger } from 'pino'
import type { ApiKeys } from './api-keys/api-keys.ts'
import type { AuditLog } from './audit/audit-log.ts'
import type { Batches } from './batches.ts'
import type { StartLimit } from './connect/start-limit.ts'
import type { ConnectorCatalogue } from './connectors/connector-catalogue.ts'
import type { IdentityProvider } from './console/sign-in/identity-provider.ts'
import type { RowWatch } from './database/row-watch.ts'
import type { Database } from './database/schema.ts'
import type { Refresher } from './grants/refresher.ts'
import type { Metrics } from './metrics/metrics.ts'
import type { Queue } from './queue/queue.ts'
import type { RateLimits } from './rate-limits/rate-limits.ts'
import type { RunWorker } from './runs/run-worker.ts'
import type { KeyRing } from './sealing/key-ring.ts'
import type { KeyEncryptionKeys } from './sealing/open-key-encryption-keys.ts'

/** What the use cases share. Built once, in `start-server.ts`. */
export interface Services {
  /** Sees every tenant; `forTenant` makes services of it that see one. */
  db: Kysely<Database>
  api_keys: ApiKeys
  /** By whom people sign in to the console; null: with an API key only. */
  identity_provider: IdentityProvider | null
  rate_limits: RateLimits
  keys: KeyRing
  key_encryption_keys: KeyEncryptionKeys
  /** Written before what it tells of is done or revealed. */
  audit: AuditLog
  connectors: ConnectorCatalogue
  runs: RunWorker
  /** Where connectors run. */
  runtime: Runtime
  refresher: Refresher
  metrics: Metrics
  /** Jobs and schedules, shared by all processes on the database. */
  queue: Queue
  start_limit: StartLimit
  batches: Batches
  /** Tells those who wait that a connect session changed. */
  session_watch: RowWatch
  /** The same of runs. */
  run_watch: RowWatch
  /** The only way out to providers. */
  fetch: GuardedFetch
  /** What providers publish about themselves. */
  metadata: MetadataCache
  /** Where browsers and providers reach this server; never taken from a request. */
  base_url: string
  /** Development switch: outbound requests may go to loopback. */
  allow_loopback: boolean
  now: () => Date
  log: Logger
}
