import { defineCommand, optional } from '../command.ts'
import { atLeastOne } from '../option-values.ts'
import { configOption, credentialsOption, taskOptions } from './task-options.ts'

export const rawCapture = defineCommand({
  path: ['raw', 'capture'],
  summary: 'run the connector and print the documents it captures',
  description: `Discovers, validates and captures the bindings of the flow.yaml from the beginning. Prints each document as
one JSON line, ["collection", {document}]. Without --max-documents it goes on until the connector ends or
Ctrl-C is pressed. No state is kept.`,
  options: {
    ...taskOptions,
    ...configOption,
    ...credentialsOption,
    maxDocuments: optional('<number>', 'end after this many documents', { parse: atLeastOne }),
  },
  examples: [
    'raw capture --source flow.yaml --credentials creds.json --max-documents 5',
    'raw oauth --source flow.yaml --show-secrets --json | sluice raw capture --source flow.yaml --credentials -',
  ],
  async run(options, terminal) {
    const { printDocuments } = await import('../connector/print-documents.ts')
    await printDocuments(options, terminal)
  },
})
