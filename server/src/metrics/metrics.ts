// What an operator watches. Labels are words of ours and route patterns, never ids, hosts of customers or secrets.
import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { RefreshTrigger, RunOperation, RunStatus } from '../database/schema.ts'
import type { RefreshOutcome } from '../grants/refresher.ts'

export interface Metrics {
  registry: Registry
  countRefresh(trigger: RefreshTrigger, result: RefreshOutcome, seconds: number): void
  /** A run that is over, and how long it took from its order. */
  countRun(operation: RunOperation, status: RunStatus, seconds: number): void
  /** `route` is the pattern. */
  observeRequest(method: string, route: string, status: number, seconds: number): void
  /** A figure that is asked for when somebody looks. */
  gauge(name: string, help: string, read: () => Promise<number> | number): void
}

export function createMetrics(): Metrics {
  const registry = new Registry()
  const registers = [registry]
  const refreshes = new Counter({
    name: 'sluice_refreshes_total',
    help: 'Attempts to refresh a grant, by what asked for them and how they ended.',
    labelNames: ['trigger', 'outcome'],
    registers,
  })
  const refreshSeconds = new Histogram({
    name: 'sluice_refresh_seconds',
    help: 'How long attempts took that called a provider.',
    labelNames: ['outcome'],
    buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20],
    registers,
  })
  const requestSeconds = new Histogram({
    name: 'sluice_http_request_seconds',
    help: 'How long requests took.',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    registers,
  })

  const runs = new Counter({
    name: 'sluice_runs_total',
    help: 'Runs that are over, by operation and how they ended.',
    labelNames: ['operation', 'status'],
    registers,
  })
  const runSeconds = new Histogram({
    name: 'sluice_run_seconds',
    help: 'How long runs took from their order to their end, pauses between attempts included.',
    labelNames: ['operation'],
    buckets: [0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600, 21_600],
    registers,
  })

  return {
    registry,
    countRun(operation, status, seconds) {
      runs.inc({ operation, status })
      runSeconds.observe({ operation }, seconds)
    },
    countRefresh(trigger, result, seconds) {
      const outcome = result.outcome === 'failed' ? result.problem.verdict : result.outcome
      refreshes.inc({ trigger, outcome })
      if (result.outcome === 'refreshed' || result.outcome === 'failed') refreshSeconds.observe({ outcome }, seconds)
    },
    observeRequest(method, route, status, seconds) {
      requestSeconds.observe({ method, route, status: `${Math.floor(status / 100)}xx` }, seconds)
    },
    gauge(name, help, read) {
      new Gauge({
        name,
        help,
        registers,
        async collect() {
          this.set(await read())
        },
      })
    },
  }
}
