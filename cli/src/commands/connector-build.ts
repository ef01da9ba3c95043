import { defaulted, defineCommand, flag, optional } from '../command.ts'
import { taskOptions } from './task-options.ts'

export const connectorBuild = defineCommand({
  path: ['connector', 'build'],
  summary: 'write a container file for a connector, and build its image',
  description: `Writes Containerfile and .containerignore beside the flow.yaml: a base image for its program, what it imports, its
command as the entrypoint, no config and no secret. With --tag the image is built too.`,
  options: {
    ...taskOptions,
    tag: optional('<name>', 'build the image and tag it so'),
    engine: defaulted('<program>', 'what builds it', { parse: (text) => text, default: 'docker' }),
    force: flag('replace files that are there'),
    json: flag('print what was written and built as one JSON line'),
    quiet: flag('print the image’s name alone; tell warnings and errors'),
  },
  examples: [
    'connector build --source flow.yaml',
    'connector build --source flow.yaml --tag acme/source-crm:v1 --engine podman',
  ],
  async run(options, terminal) {
    const { buildConnector } = await import('../build-connector/build-connector.ts')
    await buildConnector(options, terminal)
  },
})
