import { defineCommand, flag } from '../command.ts'
import { serverOptions } from '../server/server-options.ts'

export const keysStatus = defineCommand({
  path: ['keys', 'status'],
  summary: 'print which keys seal and wrap, and how far a rotation is',
  description: 'Prints ids and places, never a key. The API key needs the scope admin.',
  options: {
    ...serverOptions,
    json: flag('print one JSON line'),
    quiet: flag('print the id of the key that wraps, alone'),
  },
  examples: ['keys status --server https://sluice.example.com', 'keys status --json'],
  async run(options, terminal) {
    const { printKeys } = await import('../keys/print-keys.ts')
    await printKeys(options, terminal)
  },
})
