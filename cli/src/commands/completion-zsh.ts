import { defineCommand } from '../command.ts'

export const completionZsh = defineCommand({
  path: ['completion', 'zsh'],
  summary: 'print the completion script for zsh',
  description: 'Completes commands, options and files. The script is made from the commands of this version.',
  options: {},
  examples: ['completion zsh > ~/.zfunc/_sluice'],
  async run(_options, terminal) {
    const { printCompletion } = await import('../completion/print-completion.ts')
    await printCompletion('zsh', terminal)
  },
})
