import { defineCommand, flag, optional, optionalOperand } from '../command.ts'

export const specsImport = defineCommand({
  path: ['specs', 'import'],
  summary: 'take over OAuth specs of other systems as files of your own',
  description: `Reads an OAuth spec of any dialect (Flow's OAuth object or what holds it, Airbyte's ConnectorSpecification or manifest, a
provider declaration) from a file, from every file of a directory, or from a connector that it asks (--source). Writes
what counts of it, in one spelling, and prints for each field whether it was taken or dropped, and why.

A provider declaration becomes <provider>.yaml, everything else <name>.oauth.yaml. Name the file in the flow.yaml by
\`provider: ./<file>\`, and it takes the place of the connector's own spec. Before anything is written the result is
linted, and must compile to what the original compiles to.`,
  options: {
    path: optionalOperand('[file]', 'the file, or a directory of files'),
    source: optional('<flow.yaml>', 'ask the connector of this file instead'),
    task: optional('<name>', 'the capture, when the flow.yaml has several', { alias: 'capture' }),
    output: optional('<directory>', 'where to write; else beside the flow.yaml, else here'),
    force: flag('replace files that are there'),
    allowLoopback: flag('let addresses be http and localhost, as in development'),
    json: flag('print one JSON line a spec'),
    quiet: flag('print the files that were written, and nothing else'),
  },
  examples: [
    'specs import vendor/source-crm.spec.json --output specs/',
    'specs import ./airbyte-specs --output specs/ --json',
    'specs import --source flow.yaml',
  ],
  async run(options, terminal) {
    const { importSpecs } = await import('../specs/import-specs.ts')
    await importSpecs(options, terminal)
  },
})
