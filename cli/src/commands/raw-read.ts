import { defineCommand, optional } from '../command.ts'
import { atLeastOne } from '../option-values.ts'
import { dataOptions } from '../output/output-options.ts'
import {
  configOption,
  credentialsOption,
  launchOptions,
  stateOptions,
  taskOptions,
  timeoutOption,
} from './task-options.ts'

export const rawRead = defineCommand({
  path: ['raw', 'read'],
  summary: 'run the connector and print what it says in the words of its protocol',
  description: `The same as \`raw capture\`, printing the lines of the connector as they come: RECORD and STATE of Airbyte, SCHEMA,
RECORD and STATE of Singer. Connectors of other protocols are shown by the responses of Flow's protocol.`,
  options: {
    ...taskOptions,
    ...configOption,
    ...credentialsOption,
    ...stateOptions,
    maxDocuments: optional('<number>', 'end after this many documents', { parse: atLeastOne }),
    ...timeoutOption,
    ...launchOptions,
    ...dataOptions,
  },
  examples: [
    'raw read --source flow.yaml --credentials creds.json --max-documents 5',
    'raw read --source flow.yaml | jq -c "select(.type == "STATE")"',
  ],
  async run(options, terminal) {
    const { printWire } = await import('../connector/print-wire.ts')
    await printWire(options, terminal)
  },
})
