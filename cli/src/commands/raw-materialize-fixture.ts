import { defineCommand, required } from '../command.ts'
import { dataOptions } from '../output/output-options.ts'
import { taskOptions } from './task-options.ts'

export const rawMaterializeFixture = defineCommand({
  path: ['raw', 'materialize-fixture'],
  summary: 'print what a destination would be given for the documents of a file',
  description: `Reads ["collection", {document}] lines, as \`raw capture\` prints them, with {"commit": true} where a transaction
ends, and prints the JSON lines by which the destination's protocol passes them on: RECORD and STATE of Airbyte,
SCHEMA, RECORD and STATE of Singer. Nothing is started; keys and schemas are those of \`collections\`.`,
  options: { ...taskOptions, fixture: required('<file>', 'the documents, one JSON line each'), ...dataOptions },
  examples: [
    'raw materialize-fixture --source flow.yaml --task acme/warehouse --fixture documents.jsonl | ./destination',
  ],
  async run(options, terminal) {
    const { materializeFixture } = await import('../connector/materialize-fixture.ts')
    await materializeFixture(options, terminal)
  },
})
