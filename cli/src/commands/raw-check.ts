import { defineCommand } from '../command.ts'
import { dataOptions } from '../output/output-options.ts'
import { configOption, credentialsOption, launchOptions, taskOptions, timeoutOption } from './task-options.ts'

export const rawCheck = defineCommand({
  path: ['raw', 'check'],
  summary: 'have the connector try its config, and print whether it can work with it',
  description: `Prints {"status":"SUCCEEDED"}, or {"status":"FAILED","message":"…"} and ends with 4. Connectors of protocols without
a check of their own discover and validate instead.`,
  options: {
    ...taskOptions,
    ...configOption,
    ...credentialsOption,
    ...timeoutOption,
    ...launchOptions,
    ...dataOptions,
  },
  examples: [
    'raw check --source flow.yaml --credentials creds.json',
    'raw check --source flow.yaml --config staging.yaml',
  ],
  async run(options, terminal) {
    const { printCheck } = await import('../connector/print-check.ts')
    await printCheck(options, terminal)
  },
})
