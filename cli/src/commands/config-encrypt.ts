import { defaulted, defineCommand, flag, operand, optional } from '../command.ts'
import { recipientOptions } from './recipient-options.ts'

export const configEncrypt = defineCommand({
  path: ['config', 'encrypt'],
  summary: 'encrypt the secrets of a config, in the format of sops',
  description: `Encrypts the values whose keys end with the suffix, for age recipients and keys of AWS and Google Cloud, so that the file can be kept in version
control. With --source the connector is asked for its schema, and the keys that it calls secret get the suffix.
The \`sops\` tool opens and edits the result too; \`raw\` commands and the server take it as it is.`,
  options: {
    file: operand('<file>', 'the config, YAML or JSON'),
    ...recipientOptions,
    source: optional('<file>', 'the flow.yaml whose connector knows which fields are secret'),
    task: optional('<name>', 'the capture within it, when there are several', { alias: 'capture' }),
    suffix: defaulted('<text>', 'the end of the keys whose values are encrypted', {
      parse: (text) => text,
      default: '_sops',
    }),
    all: flag('encrypt every value, whatever its key'),
    inPlace: flag('replace the file instead of printing'),
    json: flag('print JSON, whatever the file is; with --in-place what was done'),
    quiet: flag('tell warnings and errors alone'),
  },
  examples: [
    'config encrypt config.yaml --age age1… --source flow.yaml --in-place',
    'config encrypt config.yaml --age age1… > config.enc.yaml',
    'config encrypt config.yaml --kms arn:aws:kms:eu-west-1:111122223333:key/… --in-place',
  ],
  async run(options, terminal) {
    const { encryptConfig } = await import('../config/encrypt-config.ts')
    await encryptConfig(options, terminal)
  },
})
