import { defineCommand } from '../command.ts'
import { dataOptions } from '../output/output-options.ts'
import { configOption, credentialsOption, launchOptions, taskOptions, timeoutOption } from './task-options.ts'

export const rawValidate = defineCommand({
  path: ['raw', 'validate'],
  summary: 'have the connector try config and bindings, and print the resource paths',
  description: `Checks the config against the schema, discovers, and has the connector validate the bindings of the
flow.yaml (all that were discovered when it has none). Prints one JSON line for each binding.`,
  options: {
    ...taskOptions,
    ...configOption,
    ...credentialsOption,
    ...timeoutOption,
    ...launchOptions,
    ...dataOptions,
  },
  examples: ['raw validate --source flow.yaml --credentials creds.json'],
  async run(options, terminal) {
    const { printValidation } = await import('../connector/print-validation.ts')
    await printValidation(options, terminal)
  },
})
