import { defaulted, defineCommand, operand, optional } from '../command.ts'
import { reportOptions } from '../output/output-options.ts'

export const connectorNew = defineCommand({
  path: ['connector', 'new'],
  summary: 'write a connector to begin with, in any of the six protocols',
  description: `Writes a flow.yaml and a small program without dependencies that reads the lab's demo API. It runs and passes
\`connector test\` as it is; from there, put your own API in its place.`,
  options: {
    directory: operand('<directory>', 'a new directory for it'),
    protocol: defaulted('<name>', 'flow, airbyte, singer, devlake, tightlock or environment', {
      parse: (text) => text,
      default: 'flow',
    }),
    name: optional('<name>', 'its name; else acme/ and the name of the directory'),
    ...reportOptions,
  },
  examples: ['connector new ./source-crm', 'connector new ./tap-crm --protocol singer --name acme/tap-crm'],
  async run(options, terminal) {
    const { writeConnector } = await import('../new-connector/write-connector.ts')
    await writeConnector(options, terminal)
  },
})
