import { defineCommand } from '../command.ts'

export const completionBash = defineCommand({
  path: ['completion', 'bash'],
  summary: 'print the completion script for bash',
  description: 'Completes commands, options and files. The script is made from the commands of this version.',
  options: {},
  examples: ['completion bash >> ~/.bashrc'],
  async run(_options, terminal) {
    const { printCompletion } = await import('../completion/print-completion.ts')
    await printCompletion('bash', terminal)
  },
})
