import { InvalidArgumentError } from 'commander'
import { defineCommand, flag, optional } from '../command.ts'
import { serverOptions } from '../server/server-options.ts'

export const auditVerify = defineCommand({
  path: ['audit', 'verify'],
  summary: 'compute the audit chain again and name the first record that does not hold',
  description: `Reads the audit records of the API key's tenant and computes every hash again on this machine. A record that was
altered, taken out or put in later breaks the chain, and the command ends with 9.

The chain's end is printed. Note it elsewhere and give it to --expect the next time: a chain that was cut back
or made anew as a whole no longer holds it.`,
  options: {
    ...serverOptions,
    database: flag('read every tenant’s chain from the database that DATABASE_URL names, without a server'),
    expect: optional('<sequence:hash>', 'an end that was printed before, which must still be in the chain', {
      parse: (text) => {
        const [, sequence, hash] = /^(\d{1,18}):([0-9a-f]{64})$/.exec(text) ?? []
        if (sequence !== undefined && hash !== undefined) return { sequence, hash }
        throw new InvalidArgumentError('Write the sequence, a colon and the hash, as the command printed them.')
      },
    }),
    json: flag('print one JSON line a chain'),
    quiet: flag('print the end of each chain that holds, as --expect takes it, and nothing else'),
  },
  examples: [
    'audit verify --server https://sluice.example.com',
    'audit verify --json',
    'audit verify --expect 1042:7b0c…e1',
    'audit verify --database',
  ],
  async run(options, terminal) {
    const { verifyAudit } = await import('../audit/verify-audit.ts')
    await verifyAudit(options, terminal)
  },
})
