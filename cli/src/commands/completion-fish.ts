import { defineCommand, flag } from '../command.ts'
import { dataOptions } from '../output/output-options.ts'

export const completionFish = defineCommand({
  path: ['completion', 'fish'],
  summary: 'print the completion script for fish',
  description: 'Completes commands, options and files. The script is made from the commands of this version.',
  options: { ...dataOptions, json: flag('print the script as a string in a JSON object') },
  examples: ['completion fish > ~/.config/fish/completions/sluice.fish'],
  async run(options, terminal) {
    const { printCompletion } = await import('../completion/print-completion.ts')
    await printCompletion('fish', options, terminal)
  },
})
