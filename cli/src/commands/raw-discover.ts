import { defineCommand } from '../command.ts'
import { configOption, credentialsOption, launchOptions, taskOptions, timeoutOption } from './task-options.ts'

export const rawDiscover = defineCommand({
  path: ['raw', 'discover'],
  summary: 'print the bindings that the connector finds, one JSON line each',
  description: 'Checks the config against the schema, then asks the connector which resources it gives access to.',
  options: { ...taskOptions, ...configOption, ...credentialsOption, ...timeoutOption, ...launchOptions },
  examples: [
    'raw discover --source flow.yaml --credentials creds.json',
    'raw discover --source flow.yaml --credentials creds.json | jq -r .recommendedName',
  ],
  async run(options, terminal) {
    const { printBindings } = await import('../connector/print-bindings.ts')
    await printBindings(options, terminal)
  },
})
