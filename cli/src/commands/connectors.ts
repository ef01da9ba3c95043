import { defineCommand, flag, operand } from '../command.ts'
import { outputOptions } from '../output/output-options.ts'
import { serverOptions } from '../server/server-options.ts'

export const connectorsList = defineCommand({
  path: ['connectors', 'list'],
  summary: 'the connectors that the server offers',
  description: 'The API key needs the scope connectors:read.',
  options: { ...outputOptions, ...serverOptions },
  examples: ['connectors list', 'connectors list --json | jq -r .title'],
  async run(options, terminal) {
    const { listConnectors } = await import('../daily/connectors.ts')
    await listConnectors(options, terminal)
  },
})

export const connectorsShow = defineCommand({
  path: ['connectors', 'show'],
  summary: 'one connector, or with --spec the schema of its config',
  description: 'The API key needs the scope connectors:read.',
  options: {
    connector: operand('<connector>', 'its id, as `connectors list` prints it'),
    spec: flag('print its spec: the schemas of config and resources, one JSON line'),
    ...outputOptions,
    ...serverOptions,
  },
  examples: ['connectors show source-lab', 'connectors show source-lab --spec'],
  async run(options, terminal) {
    const { showConnector } = await import('../daily/connectors.ts')
    await showConnector(options, terminal)
  },
})
