// A server of its own process that takes up runs, to be killed. It prints `ready`, and ends with its standard input.
import { readConfig } from '../../config.ts'
import type { RuntimeConfig } from '../../runs/open-runtime.ts'
import { startServer } from '../../start-server.ts'

export interface WorkerOrder {
  database_url: string
  data_directory: string
  connectors: string[]
  connector_env: Record<string, string>
  run_limits: { idle_ms?: number; documents_directory?: string }
  runtime?: RuntimeConfig
}

const order = JSON.parse(process.argv[2] ?? '{}') as WorkerOrder
const server = await startServer({
  config: {
    ...readConfig({ SLUICE_ALLOW_LOOPBACK: '1', DATABASE_URL: order.database_url }),
    port: 0,
    connectors: order.connectors,
    ...(order.runtime && { runtime: order.runtime }),
  },
  data_directory: order.data_directory,
  web_directory: null,
  connector_env: order.connector_env,
  log_to: { write: () => {} },
  refresh: { ahead: false },
  run_limits: order.run_limits,
})
process.stdin.resume()
process.stdin.once('end', () => void server.close())
process.stdout.write('ready\n')
