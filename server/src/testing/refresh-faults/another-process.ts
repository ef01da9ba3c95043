// A server in a process of its own, to be asked over HTTP, or to be killed: it refreshes one connection and, at the step that it was told, kills itself
// outright (SIGKILL), as the kernel or an operator would.
import { flushCompileCache } from 'node:module'
import { readConfig } from '../../config.ts'
import type { RefreshStep } from '../../grants/refresher.ts'
import { startServer } from '../../start-server.ts'
import { FAULT_LIMITS } from './fault-limits.ts'

export interface ServerOrder {
  database_url: string
  data_directory: string
  connectors: string[]
  connector_env: Record<string, string>
}

export interface RefreshOrder {
  connection_id: string
  tenant_id: string
  version: number
  /** Null: whoever started us kills us. */
  die_at: RefreshStep | null
}

let dieAt: RefreshStep | null = null

const order = JSON.parse(process.argv[2] ?? '{}') as ServerOrder
const server = await startServer({
  config: {
    ...readConfig({ SLUICE_ALLOW_LOOPBACK: '1', DATABASE_URL: order.database_url }),
    port: 0,
    connectors: order.connectors,
  },
  data_directory: order.data_directory,
  web_directory: null,
  connector_env: order.connector_env,
  log_to: { write: () => {} },
  refresh: {
    limits: FAULT_LIMITS,
    ahead: false,
    onStep: async (step) => {
      if (step === dieAt) process.kill(process.pid, 'SIGKILL')
    },
  },
})

// Whoever is killed writes nothing at its end, and the next one is to start sooner.
flushCompileCache()
process.on('message', (refresh: RefreshOrder | Pick<RefreshOrder, 'die_at'>) => {
  dieAt = refresh.die_at
  if (!('connection_id' in refresh)) return
  server.services.refresher.refresh(refresh, 'demand').then(
    (result) => process.send?.(result.outcome),
    (error: Error) => process.send?.(`failed: ${error.message}`),
  )
})
process.once('disconnect', () => void server.close())
process.send?.({ port: server.port })
