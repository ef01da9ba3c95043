import { defineCommand, flag, negatedFlag, operand, optional } from '../command.ts'
import { atLeastOne } from '../option-values.ts'
import { dataOptions, listOptions, outputOptions } from '../output/output-options.ts'
import { serverOptions } from '../server/server-options.ts'

const id = operand('<id>', 'the run')
const ID = '019a2f0e-7c51-7c3e-9d1b-3f5a8e2b6c40'

export const runsStart = defineCommand({
  path: ['runs', 'start'],
  summary: 'run a connection’s connector on the server, and watch it',
  description: `Steps, warnings and progress go to stderr; the run stands on stdout at its end. Ctrl-C stops watching, not the run.

Ends with 4, 5 or 6 when the run failed: by the connector, for want of the person's consent, or at the provider. The
API key needs the scope runs:write.`,
  options: {
    operation: operand('<operation>', 'check, discover, validate, preview, read or write'),
    connection: operand('<connection>', 'the connection'),
    target: optional('<connection>', 'pipe what is read into this connection’s destination'),
    maxDocuments: optional('<number>', 'end after so many documents', { parse: atLeastOne }),
    toFile: flag('keep all documents in a file at the server; `runs documents --output` fetches it'),
    dryRun: flag('keep nothing, and move no state; a destination of Tightlock tries everything and stores nothing'),
    state: optional('<file>', 'where to read from, as JSON, in place of the stored state'),
    wait: negatedFlag('start it and do not watch'),
    ...outputOptions,
    ...serverOptions,
  },
  examples: [
    `runs start preview ${ID} --max-documents 20`,
    `runs start read ${ID} --to-file --json`,
    `runs start write ${ID} --target 019a2f0e-8d20-7b11-a3c4-5e6f7a8b9c0d`,
    `runs start read ${ID} --no-wait --quiet`,
  ],
  async run(options, terminal) {
    const { startRun } = await import('../daily/runs/runs.ts')
    await startRun(options, terminal)
  },
})

export const runsWatch = defineCommand({
  path: ['runs', 'watch'],
  summary: 'watch a run until it is over',
  description: 'As `runs start` does. The API key needs the scope runs:read.',
  options: { id, ...outputOptions, ...serverOptions },
  examples: [`runs watch ${ID}`],
  async run(options, terminal) {
    const { watchRun } = await import('../daily/runs/runs.ts')
    await watchRun(options, terminal)
  },
})

export const runsList = defineCommand({
  path: ['runs', 'list'],
  summary: 'runs, and how they went',
  description: 'The API key needs the scope runs:read.',
  options: {
    connection: optional('<id>', 'only those of this connection'),
    status: optional('<status>', 'only those that are queued, running, succeeded, failed or cancelled'),
    operation: optional('<operation>', 'only those of this operation'),
    ...listOptions,
    ...serverOptions,
  },
  examples: ['runs list', 'runs list --status failed --json'],
  async run(options, terminal) {
    const { listRuns } = await import('../daily/runs/runs.ts')
    await listRuns(options, terminal)
  },
})

export const runsShow = defineCommand({
  path: ['runs', 'show'],
  summary: 'one run; with --json its steps, logs and documents too',
  description: 'The API key needs the scope runs:read.',
  options: { id, ...outputOptions, ...serverOptions },
  examples: [`runs show ${ID}`, `runs show ${ID} --json | jq .steps`],
  async run(options, terminal) {
    const { showRun } = await import('../daily/runs/runs.ts')
    await showRun(options, terminal)
  },
})

export const runsLogs = defineCommand({
  path: ['runs', 'logs'],
  summary: 'what the connector said, with secrets redacted',
  description: 'The API key needs the scope runs:read.',
  options: {
    id,
    follow: flag('print what is still to come, until the run is over'),
    json: flag('print JSON, one line for each'),
    quiet: flag('print warnings and errors alone'),
    ...serverOptions,
  },
  examples: [`runs logs ${ID}`, `runs logs ${ID} --follow`],
  async run(options, terminal) {
    const { printLogs } = await import('../daily/runs/runs.ts')
    await printLogs(options, terminal)
  },
})

export const runsDocuments = defineCommand({
  path: ['runs', 'documents'],
  summary: 'the documents that a run read',
  description: `One JSON line each, \`{"collection", "document"}\`: the run's sample on stdout, or with --output the file of a run that
was started with --to-file. The API key needs the scope runs:read.`,
  options: { id, output: optional('<file>', 'fetch the run’s file into this one'), ...dataOptions, ...serverOptions },
  examples: [`runs documents ${ID}`, `runs documents ${ID} --output documents.ndjson`],
  async run(options, terminal) {
    const { readDocuments } = await import('../daily/runs/read-documents.ts')
    await readDocuments(options, terminal)
  },
})

export const runsCancel = defineCommand({
  path: ['runs', 'cancel'],
  summary: 'end a run, and wait until it has ended',
  description: 'What was committed stays. The API key needs the scope runs:write.',
  options: { id, ...outputOptions, ...serverOptions },
  examples: [`runs cancel ${ID}`],
  async run(options, terminal) {
    const { cancelRun } = await import('../daily/runs/runs.ts')
    await cancelRun(options, terminal)
  },
})
