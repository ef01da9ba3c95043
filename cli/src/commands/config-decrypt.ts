import { defineCommand, flag, operand } from '../command.ts'

export const configDecrypt = defineCommand({
  path: ['config', 'decrypt'],
  summary: 'print an encrypted config in clear',
  description: `Checks the MAC and decrypts, with the age keys in SOPS_AGE_KEY, SOPS_AGE_KEY_FILE or
~/.config/sops/age/keys.txt. Keys keep their suffix; \`raw\` commands take it off by themselves.`,
  options: {
    file: operand('<file>', 'the config, YAML or JSON'),
    inPlace: flag('replace the file instead of printing'),
    json: flag('print JSON, whatever the file is; with --in-place what was done'),
    quiet: flag('tell warnings and errors alone'),
  },
  examples: ['config decrypt config.yaml', 'config decrypt config.yaml | yq .region'],
  async run(options, terminal) {
    const { decryptConfig } = await import('../config/decrypt-config.ts')
    await decryptConfig(options, terminal)
  },
})
