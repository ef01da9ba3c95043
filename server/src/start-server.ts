// Puts the server together: data directory's lock first, then the port, the database, the keys, the routes. What fails
// ends what was started before it.
import { once } from 'node:events'
import { join } from 'node:path'
import { createGuardedFetch, createMetadataCache } from '@sluice/oauth'
import { type DestinationStream, type Logger, pino } from 'pino'
import { createApiKeys } from './api-keys/api-keys.ts'
import { buildApp } from './app.ts'
import { createAuditLog } from './audit/audit-log.ts'
import { createBatches } from './batches.ts'
import type { Config } from './config.ts'
import { createStartLimit } from './connect/start-limit.ts'
import { registerConnectionMetrics } from './connections/connection-metrics.ts'
import { startForecasting } from './connections/warn-of-expiry.ts'
import { loadConnectorCatalogue } from './connectors/connector-catalogue.ts'
import { openIdentityProvider, rulesDigest } from './console/sign-in/identity-provider.ts'
import { bindToRowSecurity } from './database/bind-to-row-security.ts'
import { connectDatabase } from './database/connect.ts'
import { migrate } from './database/migrate.ts'
import { createRowWatch } from './database/row-watch.ts'
import { countDue, startRefreshAhead } from './grants/refresh-ahead.ts'
import { createRefresher, type RefresherOptions } from './grants/refresher.ts'
import { countRequests } from './http/count-requests.ts'
import { type Answer, type Listener, listen } from './http/listen.ts'
import { readWebFiles, serveWebFiles } from './http/web-files.ts'
import { startKeyWork } from './keys/work-on-keys.ts'
import { createMetrics } from './metrics/metrics.ts'
import { listenForMetrics, metricsRoute } from './metrics/metrics-route.ts'
import { startEmbeddedPostgres } from './postgres/start-embedded-postgres.ts'
import { startQueue } from './queue/queue.ts'
import { createRateLimits } from './rate-limits/rate-limits.ts'
import { shareAmongReplicas } from './rate-limits/share-among-replicas.ts'
import { openRuntime, prepareRuntime } from './runs/open-runtime.ts'
import { countQueuedRuns, createRunWorker, RUN_LIMITS, type RunLimits } from './runs/run-worker.ts'
import { neededKeyEncryptionKeys, registerKeyEncryptionKey } from './sealing/data-keys.ts'
import { createKeyRing } from './sealing/key-ring.ts'
import { openKeyEncryptionKeys } from './sealing/open-key-encryption-keys.ts'
import type { Services } from './services.ts'
import { startSweeping } from './sweep-expired.ts'
import { type DefaultTenant, ensureDefaultTenant } from './tenants/default-tenant.ts'
import { countWaiting, startDeliveryWorker } from './webhooks/delivery-worker.ts'

export interface ServerOptions {
  config: Config
  /** Locked by the caller, who releases it after `close`. */
  data_directory: string
  /** Where the built pages of `web/` lie; null serves the API alone. */
  web_directory: string | null
  /** Overrides of variables that connectors' own files declare. */
  connector_env?: Record<string, string>
  /** A file's path, or a stream; standard output unless given. */
  log_to?: string | DestinationStream
  run_limits?: Partial<RunLimits>
  refresh?: RefresherOptions
  now?: () => Date
}

export interface RunningServer {
  services: Services
  tenant: DefaultTenant
  port: number
  /** Where `/metrics` is; null: at `port`. */
  metrics_port: number | null
  /** For people: which Postgres serves. */
  database: string
  /** Settles with a sentence when the embedded Postgres ends by itself; the server is of no use then. */
  broken: Promise<string>
  close(): Promise<void>
}

/** Those who wait for something are let go at once, so what is left waits for a provider. */
const LAST_ANSWERS_MS = 10_000

/** @throws ListenError, PostgresError, DatabaseError, SealingError or SpecError; nothing is left running then */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { config } = options
  const cleanup: (() => Promise<void>)[] = []
  let answer: Answer = unavailable
  const close = async () => {
    answer = unavailable
    for (const end of cleanup.splice(0).reverse()) await end()
  }

  try {
    const listener = await listen((request, env) => answer(request, env), config)
    cleanup.push(listener.close)

    const database = await openDatabase(options, cleanup)
    await migrate(database.url)
    const { db, close: closeDatabase } = connectDatabase(database.url)
    cleanup.push(closeDatabase)

    const keyEncryptionKeys = await openKeyEncryptionKeys({
      ...config,
      own_file: join(options.data_directory, 'master-key.json'),
      needed_key_ids: await neededKeyEncryptionKeys(db),
      env: process.env,
    })
    await registerKeyEncryptionKey(db, keyEncryptionKeys)
    const now = options.now ?? (() => new Date())
    const log = await openLog(options.log_to, cleanup)
    const queue = await startQueue({ url: database.url, log })
    cleanup.push(queue.stop)
    const rules_digest = config.sign_in && rulesDigest(config.sign_in.access)
    const apiKeys = createApiKeys({ db, now, log, rules_digest })
    cleanup.push(apiKeys.stop)
    const fetch = createGuardedFetch({ allow_loopback: config.allow_loopback })
    const rateLimits = createRateLimits(config.rate_limits, log)
    cleanup.push(await shareAmongReplicas({ db, log }, rateLimits))
    const metadata = createMetadataCache({ fetch, allow_loopback: config.allow_loopback, allowed_ports: [], now })
    const runtime = await openRuntime(config.runtime, options.data_directory)
    const services: Services = {
      db,
      api_keys: apiKeys,
      rate_limits: rateLimits,
      queue,
      metrics: createMetrics(),
      keys: createKeyRing(db, keyEncryptionKeys),
      key_encryption_keys: keyEncryptionKeys,
      audit: createAuditLog({ db, now }),
      connectors: await loadConnectorCatalogue({
        paths: config.connectors,
        providers: config.providers,
        allow_loopback: config.allow_loopback,
        runtime,
        ...(options.connector_env && { env: options.connector_env }),
      }),
      refresher: createRefresher(db, () => services, options.refresh),
      runs: createRunWorker(() => services, {
        ...RUN_LIMITS,
        documents_directory: join(options.data_directory, 'runs'),
        ...config.run_limits,
        ...options.run_limits,
      }),
      runtime,
      fetch,
      metadata,
      identity_provider:
        config.sign_in && (await openIdentityProvider({ fetch, metadata, now }, config.sign_in, config)),
      start_limit: createStartLimit(),
      batches: createBatches(db),
      session_watch: createRowWatch(db, 'connect_sessions', () => services.log),
      run_watch: createRowWatch(db, 'runs', () => services.log),
      base_url: baseUrlOn(config, listener),
      allow_loopback: config.allow_loopback,
      now,
      log,
    }
    cleanup.push(services.runtime.close)
    await prepareRuntime(services)
    cleanup.push(services.refresher.stop)
    // What a person has just consented to is stored before the database goes.
    const requests = countRequests()
    cleanup.push(() => requests.answered(LAST_ANSWERS_MS))
    cleanup.push(services.runs.stop)
    cleanup.push(async () => services.session_watch.stop())
    cleanup.push(async () => services.run_watch.stop())

    const app = buildApp(services)
    if (options.web_directory !== null) {
      serveWebFiles(app, await readWebFiles(options.web_directory), services)
    }
    const apart = config.metrics_port === null ? null : { hosts: config.hosts, port: config.metrics_port }
    const metrics = apart && (await listenForMetrics(services, apart))
    if (metrics === null) metricsRoute(app, services)
    else cleanup.push(metrics.close)
    const tenant = await ensureDefaultTenant(db)
    await startSweeping(services)
    await services.runs.begin()
    await startForecasting(services)
    registerConnectionMetrics(services)
    await startKeyWork(services)
    if (options.refresh?.ahead !== false) cleanup.push(startRefreshAhead(services).stop)
    services.metrics.gauge('sluice_webhooks_waiting', 'Webhook deliveries that have not arrived yet.', () =>
      countWaiting(services),
    )
    services.metrics.gauge('sluice_runs_active', 'Runs at work in this process.', services.runs.active)
    services.metrics.gauge('sluice_runs_queued', 'Runs that wait.', () => countQueuedRuns(services))
    services.metrics.gauge('sluice_refreshes_due', 'Grants whose refresh is due.', () => countDue(services))
    services.metrics.gauge(
      'sluice_provider_circuits_open',
      'Providers that are not called now.',
      services.refresher.circuits.open,
    )
    cleanup.push(startDeliveryWorker(services).stop)
    answer = requests.counted(app.fetch)
    const metrics_port = metrics?.port ?? null
    return {
      services,
      tenant,
      port: listener.port,
      metrics_port,
      database: database.name,
      broken: database.broken,
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** Lines are written together. */
const LOG_LATE_MS = 100

async function openLog(target: ServerOptions['log_to'], cleanup: (() => Promise<void>)[]): Promise<Logger> {
  if (target === undefined) return pino()
  if (typeof target !== 'string') return pino({}, target)
  const file = pino.destination({ dest: target, mode: 0o600, sync: false, minLength: 8192, periodicFlush: LOG_LATE_MS })
  await once(file, 'ready')
  cleanup.push(async () => file.flushSync())
  return pino({}, file)
}

/** While the server starts, and again while it ends. */
function unavailable(): Response {
  return new Response('Sluice is not ready.\n', { status: 503, headers: { 'retry-after': '1' } })
}

/** With port 0 the address is known only now. */
function baseUrlOn(config: Config, listener: Listener): string {
  return config.port === 0 ? `http://localhost:${listener.port}` : config.base_url
}

async function openDatabase({ config, data_directory }: ServerOptions, cleanup: (() => Promise<void>)[]) {
  if (config.database_url !== null) {
    const { hostname, port, pathname } = new URL(config.database_url)
    const name = `${pathname.slice(1)} on ${hostname}:${port || 5432}`
    const url = await bindToRowSecurity(config.database_url, config.database_role)
    return { url, name, broken: new Promise<never>(() => {}) }
  }
  const postgres = await startEmbeddedPostgres({ directory: data_directory })
  cleanup.push(postgres.stop)
  const broken = postgres.exited.then((exit) =>
    exit.expected ? new Promise<never>(() => {}) : `Postgres ended by itself. Its last words:\n${exit.last_log}`,
  )
  return { url: postgres.url, name: `embedded Postgres ${postgres.version}`, broken }
}
