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

export const rawCapture = defineCommand({
  path: ['raw', 'capture'],
  summary: 'run the connector and print the documents it captures',
  description: `Discovers, validates and captures the bindings of the flow.yaml. Prints each document as one JSON line,
["collection", {document}]. Without --max-documents it goes on until the connector ends or Ctrl-C is pressed.
It begins anew each time unless --state gives what --save-state wrote.

Tokens that the connector rotates meanwhile are written back to the file of --credentials, or to the config's
own file, which stays encrypted if it was.`,
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
    'raw capture --source flow.yaml --credentials creds.json --max-documents 5',
    'raw capture --source flow.yaml --credentials creds.json --state state.json --save-state state.json',
    'raw oauth --source flow.yaml --show-secrets --json | sluice raw capture --source flow.yaml --credentials -',
  ],
  async run(options, terminal) {
    const { printDocuments } = await import('../connector/print-documents.ts')
    await printDocuments(options, terminal)
  },
})
