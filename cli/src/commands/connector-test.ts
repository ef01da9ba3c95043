import { defaulted, defineCommand, flag } from '../command.ts'
import { atLeastOne } from '../option-values.ts'
import { configOption, launchOptions, taskOptions } from './task-options.ts'

export const connectorTest = defineCommand({
  path: ['connector', 'test'],
  summary: 'put a connector through spec, check, discover, validate, read, resume and a search for leaks',
  description: `Runs the connector of a flow.yaml through every operation that its protocol has, reads from the beginning and then
from its own state, and looks for the config's secrets in its logs, in command lines and in files beside it.

Values of the config that read \`lab:access_token\`, \`lab:refresh_token\`, \`lab:client_id\` or \`lab:client_secret\`
are made by a lab that runs for the time of the test.`,
  options: {
    ...taskOptions,
    ...configOption,
    network: launchOptions.network,
    maxDocuments: defaulted('<number>', 'how many documents are read', { parse: atLeastOne, default: 1000 }),
    json: flag('print one JSON line a step'),
    quiet: flag('tell the step that fails, and nothing else'),
  },
  examples: ['connector test --source flow.yaml', 'connector test --source flow.yaml --config staging.yaml --json'],
  async run(options, terminal) {
    const { testConnector } = await import('../connector-test/test-connector.ts')
    await testConnector(options, terminal)
  },
})
