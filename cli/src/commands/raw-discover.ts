import { defineCommand, flag } from '../command.ts'
import { dataOptions } from '../output/output-options.ts'
import { configOption, credentialsOption, launchOptions, taskOptions, timeoutOption } from './task-options.ts'

export const rawDiscover = defineCommand({
  path: ['raw', 'discover'],
  summary: 'print the bindings that the connector finds, one JSON line each',
  description: `Checks the config against the schema, then asks the connector which resources it gives access to. Prints one JSON
line for each; with --write the new ones are put into the flow.yaml instead, and their schemas beside it.`,
  options: {
    ...taskOptions,
    ...configOption,
    ...credentialsOption,
    ...timeoutOption,
    write: flag('put new bindings and their collections into the flow.yaml, as flowctl does'),
    flat: flag('with --write: keep new schemas in the flow.yaml instead of files beside it'),
    emitRaw: flag('print the lines; the default, by flowctl’s name'),
    ...launchOptions,
    ...dataOptions,
  },
  examples: [
    'raw discover --source flow.yaml --credentials creds.json',
    'raw discover --source flow.yaml --credentials creds.json | jq -r .recommendedName',
    'raw discover --source flow.yaml --credentials creds.json --write --flat',
  ],
  async run(options, terminal) {
    if (options.write && !options.emitRaw) {
      const { writeBindings } = await import('../connector/write-bindings.ts')
      return await writeBindings(options, terminal)
    }
    const { printBindings } = await import('../connector/print-bindings.ts')
    await printBindings(options, terminal)
  },
})
