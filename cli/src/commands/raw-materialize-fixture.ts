import { defineCommand, flag, required } from '../command.ts'
import { dataOptions } from '../output/output-options.ts'
import { configOption, taskOptions } from './task-options.ts'

export const rawMaterializeFixture = defineCommand({
  path: ['raw', 'materialize-fixture'],
  summary: 'print what a destination would be given for the documents of a file',
  description: `Reads ["collection", {document}] lines, as \`raw capture\` prints them, with {"commit": true} where a transaction
ends, or a fixture of flowctl (YAML with \`transactions\`), and prints the JSON lines by which the destination's protocol
passes them on: apply, open, load, flush, store, startCommit and acknowledge of Flow; RECORD and STATE of Airbyte; SCHEMA,
RECORD and STATE of Singer; calls of Tightlock's send_data. Nothing is started; keys and schemas are those of
\`collections\`. Flow's requests hold the config, which is left empty without --with-config.`,
  options: {
    ...taskOptions,
    ...configOption,
    fixture: required('<file>', 'the documents, one JSON line each, or a fixture of flowctl'),
    withConfig: flag('put the config into Flow’s apply and open, secrets and all'),
    ...dataOptions,
  },
  examples: [
    'raw materialize-fixture --source flow.yaml --task acme/warehouse --fixture documents.jsonl | ./destination',
    'raw materialize-fixture --source flow.yaml --fixture fixture.yaml --with-config | ./materialize-flow',
  ],
  async run(options, terminal) {
    const { materializeFixture } = await import('../connector/materialize-fixture.ts')
    await materializeFixture(options, terminal)
  },
})
