import { flag, optional, required } from '../command.ts'
import { duration } from '../option-values.ts'

/** Which connector, and how it is started. */
export const taskOptions = {
  source: required('<flow.yaml>', 'the file that says how the connector is started'),
  task: optional('<name>', 'the capture, when the file has several', { alias: 'capture' }),
  name: optional('<name>', 'the same, as flowctl calls it'),
}

/** What flowctl's own operations take besides. */
export const launchOptions = {
  network: optional(
    '<name>',
    'the network of a connector in an image, `none` for none; else it reaches the hosts that it declares, or any',
  ),
  logJson: flag('tell the connector’s log as JSON lines on stderr'),
}

export const timeoutOption = {
  timeout: optional('<duration>', 'how long an answer of the connector may take; else 60s', { parse: duration }),
}

export const configOption = {
  config: optional('<file>', 'endpoint config (YAML or JSON) instead of the one in the flow.yaml', {
    alias: 'endpoint-config',
  }),
  secrets: optional('<file>', 'the values of the endpoint’s `secrets` (YAML or JSON, also encrypted by sops)'),
}

export const credentialsOption = {
  credentials: optional('<file>', 'what `raw oauth --show-secrets --json` printed; - reads stdin'),
}

export const stateOptions = {
  state: optional('<file>', 'go on from the state in this file; else from the beginning'),
  saveState: optional('<file>', 'write the last state to this file when the command ends'),
}
