import { defaulted, defineCommand, flag, optional } from '../command.ts'
import { duration, transactionCounts } from '../option-values.ts'
import { dataOptions } from '../output/output-options.ts'
import { configOption, credentialsOption, launchOptions, stateOptions, taskOptions } from './task-options.ts'

export const rawPreview = defineCommand({
  path: ['raw', 'preview'],
  summary: 'run the connector in sessions, each going on from the state of the one before',
  description: `Prints ["collection", {document}] lines, and with --output-state and --output-apply also
["connectorState", …] and ["applied.actionDescription", "…"], as \`flowctl preview\` does. A transaction ends at a
checkpoint of the connector; after so many the session ends, and the connector is started again for the next.`,
  options: {
    ...taskOptions,
    ...configOption,
    ...credentialsOption,
    sessions: defaulted('<numbers>', 'transactions of each session, such as 1,3; -1 leaves one unbounded', {
      parse: transactionCounts,
      default: [-1],
      default_text: '-1',
    }),
    timeout: optional('<duration>', 'end after this time, however far it came', { parse: duration }),
    outputState: flag('print the state of each checkpoint'),
    outputApply: flag('print what the connector says when it is applied'),
    ...stateOptions,
    ...launchOptions,
    ...dataOptions,
  },
  examples: [
    'raw preview --source flow.yaml --credentials creds.json --sessions 1,1 --output-state',
    'raw preview --source flow.yaml --credentials creds.json --timeout 30s --log-json',
  ],
  async run(options, terminal) {
    const { preview } = await import('../connector/preview.ts')
    await preview(options, terminal)
  },
})
