import { defineCommand, flag } from '../command.ts'
import { dataOptions } from '../output/output-options.ts'

export const completionBash = defineCommand({
  path: ['completion', 'bash'],
  summary: 'print the completion script for bash',
  description: 'Completes commands, options and files. The script is made from the commands of this version.',
  options: { ...dataOptions, json: flag('print the script as a string in a JSON object') },
  examples: ['completion bash >> ~/.bashrc'],
  async run(options, terminal) {
    const { printCompletion } = await import('../completion/print-completion.ts')
    await printCompletion('bash', options, terminal)
  },
})
