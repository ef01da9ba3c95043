import { defineCommand, flag, negatedFlag } from '../command.ts'
import { serverOptions } from '../server/server-options.ts'

export const keysRotate = defineCommand({
  path: ['keys', 'rotate'],
  summary: 'rotate the server’s encryption keys while it serves',
  description: `Wraps every data key anew, makes a new data key for each tenant and seals everything with it. Where the
key-encryption key lies in the server's own file, a new one is made there first; in a key management service,
make a new version there before. Old keys go when nothing refers to them.

The server does the work: stopping this command, or the server, loses nothing. A rotation that is running already
is joined. The API key needs the scope admin.`,
  options: {
    ...serverOptions,
    wait: negatedFlag('start it and do not wait for its end'),
    json: flag('print the rotation as one JSON line'),
    quiet: flag('print its id alone'),
  },
  examples: ['keys rotate --server https://sluice.example.com', 'keys rotate --no-wait --json'],
  async run(options, terminal) {
    const { rotateKeys } = await import('../keys/rotate-keys.ts')
    await rotateKeys(options, terminal)
  },
})
