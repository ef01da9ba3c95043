import { defineCommand } from '../command.ts'

export const completionFish = defineCommand({
  path: ['completion', 'fish'],
  summary: 'print the completion script for fish',
  description: 'Completes commands, options and files. The script is made from the commands of this version.',
  options: {},
  examples: ['completion fish > ~/.config/fish/completions/sluice.fish'],
  async run(_options, terminal) {
    const { printCompletion } = await import('../completion/print-completion.ts')
    await printCompletion('fish', terminal)
  },
})
