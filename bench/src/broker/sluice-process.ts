// One server in a process of its own, as it is run: audit, logs to a file, keys from a file. Any message is answered with
// the CPU time that it has used.
import { join } from 'node:path'
import { readConfig, startServer } from '@sluice/server'

export interface SluiceOrder {
  database_url: string
  data_directory: string
  connectors: string[]
  connector_env: Record<string, string>
  ahead: boolean
  /** None unless given: what is measured is not to be hidden by them. */
  rate_limits?: { per_key: number; anonymous: number }
}

const order = JSON.parse(process.argv[2] ?? '{}') as SluiceOrder
const server = await startServer({
  config: {
    ...readConfig({ SLUICE_ALLOW_LOOPBACK: '1', DATABASE_URL: order.database_url }),
    port: 0,
    connectors: order.connectors,
    rate_limits: { per_key: 0, anonymous: 0, ...order.rate_limits, trusted_proxies: [] },
  },
  data_directory: order.data_directory,
  web_directory: null,
  connector_env: order.connector_env,
  log_to: join(order.data_directory, `server-${process.pid}.log`),
  refresh: { ahead: order.ahead },
})
process.once('disconnect', () => void server.close())
process.on('message', () => void process.send?.(process.cpuUsage()))
process.send?.({ port: server.port })
