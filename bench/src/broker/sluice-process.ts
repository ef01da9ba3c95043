// One server in a process of its own, as it is run: audit, logs to a file, keys from a file.
import { join } from 'node:path'
import { readConfig, startServer } from '@sluice/server'

export interface SluiceOrder {
  database_url: string
  data_directory: string
  connectors: string[]
  connector_env: Record<string, string>
  ahead: boolean
}

const order = JSON.parse(process.argv[2] ?? '{}') as SluiceOrder
const server = await startServer({
  config: {
    ...readConfig({ SLUICE_ALLOW_LOOPBACK: '1', DATABASE_URL: order.database_url }),
    port: 0,
    connectors: order.connectors,
    rate_limits: { per_key: 0, anonymous: 0, trusted_proxies: [] },
  },
  data_directory: order.data_directory,
  web_directory: null,
  connector_env: order.connector_env,
  log_to: join(order.data_directory, `server-${process.pid}.log`),
  refresh: { ahead: order.ahead },
})
process.once('disconnect', () => void server.close())
process.send?.({ port: server.port })
