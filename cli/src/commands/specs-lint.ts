import { defineCommand, flag, operands } from '../command.ts'

export const specsLint = defineCommand({
  path: ['specs', 'lint'],
  summary: 'find what is wrong or doubtful in OAuth specs',
  description: `Reads OAuth specs of every dialect (YAML or JSON): Flow's OAuth object itself, or what holds it as \`oauth2\`, as
\`raw spec\` prints it; Airbyte's ConnectorSpecification or manifest; provider declarations. Prints each finding with its place, its rule and what to do about it.

An error is a spec that cannot be used, and ends the command with 4. A warning works here but not everywhere;
a note is worth a look.`,
  options: {
    files: operands('<file...>', 'the specs; - reads stdin'),
    json: flag('print one JSON line a finding'),
    sarif: flag('print a SARIF 2.1.0 log, for code hosts and editors'),
    quiet: flag('leave out notes and the summary'),
    strict: flag('fail on warnings too'),
    allowLoopback: flag('let addresses be http and localhost, as in development'),
  },
  examples: [
    'specs lint oauth2.json',
    'specs lint --sarif specs/*.yaml > lint.sarif',
    'specs lint --strict --allow-loopback - < oauth2.json',
  ],
  async run(options, terminal) {
    const { lintSpecs } = await import('../specs/lint-specs.ts')
    await lintSpecs(options, terminal)
  },
})
