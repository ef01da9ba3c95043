import { optional, required } from '../command.ts'

/** Which connector, and with which config. */
export const taskOptions = {
  source: required('<flow.yaml>', 'the file that says how the connector is started'),
  task: optional('<name>', 'the capture, when the file has several', { alias: 'capture' }),
}

export const configOption = {
  config: optional('<file>', 'endpoint config (YAML or JSON) instead of the one in the flow.yaml', {
    alias: 'endpoint-config',
  }),
}

export const credentialsOption = {
  credentials: optional('<file>', 'what `raw oauth --show-secrets --json` printed; - reads stdin'),
}
