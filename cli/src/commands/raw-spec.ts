import { defineCommand } from '../command.ts'
import { dataOptions } from '../output/output-options.ts'
import { launchOptions, taskOptions, timeoutOption } from './task-options.ts'

export const rawSpec = defineCommand({
  path: ['raw', 'spec'],
  summary: "print the connector's spec as one JSON line",
  description: 'Starts the connector, asks for its spec and prints it in the spelling of its protocol.',
  options: { ...taskOptions, ...timeoutOption, ...launchOptions, ...dataOptions },
  examples: ['raw spec --source flow.yaml', 'raw spec --source flow.yaml --task acme/source-crm | jq .configSchema'],
  async run(options, terminal) {
    const { printSpec } = await import('../connector/print-spec.ts')
    await printSpec(options, terminal)
  },
})
