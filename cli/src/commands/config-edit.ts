import { defineCommand, operand } from '../command.ts'
import { reportOptions } from '../output/output-options.ts'

export const configEdit = defineCommand({
  path: ['config', 'edit'],
  summary: 'edit an encrypted config in your editor',
  description: `Decrypts the config into a private file in memory, opens SOPS_EDITOR, VISUAL or EDITOR, and encrypts what you save for
the same recipients under a new data key. The clear text is gone afterwards, whatever happens.`,
  options: { file: operand('<file>', 'the encrypted config, YAML or JSON'), ...reportOptions },
  examples: ['config edit config.yaml', "EDITOR='code --wait' sluice config edit config.yaml"],
  async run(options, terminal) {
    const { editConfig } = await import('../config/edit-config.ts')
    await editConfig(options, terminal)
  },
})
