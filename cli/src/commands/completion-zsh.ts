import { defineCommand, flag } from '../command.ts'
import { dataOptions } from '../output/output-options.ts'

export const completionZsh = defineCommand({
  path: ['completion', 'zsh'],
  summary: 'print the completion script for zsh',
  description: 'Completes commands, options and files. The script is made from the commands of this version.',
  options: { ...dataOptions, json: flag('print the script as a string in a JSON object') },
  examples: ['completion zsh > ~/.zfunc/_sluice'],
  async run(options, terminal) {
    const { printCompletion } = await import('../completion/print-completion.ts')
    await printCompletion('zsh', options, terminal)
  },
})
